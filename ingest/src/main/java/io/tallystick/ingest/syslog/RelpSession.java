package io.tallystick.ingest.syslog;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.ingest.Intake;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RELP: every message has a number, and the answer to it says that it is in the log. Answers come
 * in the order of the messages. What is not in the log is never answered, because librelp forgets a
 * message whatever the answer says; the session ends instead, and the sender sends again.
 */
final class RelpSession implements SyslogSession {
  private static final Logger LOG = LoggerFactory.getLogger(RelpSession.class);

  /** With the time that a last attempt may take, less than the 90 s that rsyslog waits. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String OK = "200 OK";
  private static final String OFFERS =
      OK + "\nrelp_version=0\nrelp_software=tallystick\ncommands=syslog";

  private final String receiver;
  private final RelpFrames frames;
  private final OutputStream out;
  private final Documents documents;
  private final Appending appending;
  private final List<Intake.Document> batch = new ArrayList<>();
  private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
  private long batchBytes;
  private boolean open;
  private boolean ended;

  RelpSession(
      String receiver,
      InputStream in,
      OutputStream out,
      int maxBytes,
      Documents documents,
      Appending appending) {
    this.receiver = receiver;
    this.frames = new RelpFrames(new Incoming(in, this::append), maxBytes);
    this.out = out;
    this.documents = documents;
    this.appending = appending;
  }

  @Override
  public void run() throws IOException, InterruptedException {
    try {
      while (!ended) {
        accept(frames.next());
        if (batch.size() == MAX_BATCH || batchBytes >= MAX_BATCH_BYTES) {
          append();
        }
      }
    } finally {
      // Also what came before a connection broke: its sender may never come back.
      append();
    }
  }

  private void accept(RelpFrames.@Nullable Frame frame) throws IOException {
    if (frame == null) {
      ended = true;
      return;
    }
    if (!open && !frame.command().equals("open")) {
      throw new Frames.Malformed("a RELP session must begin with the command open");
    }
    switch (frame.command()) {
      case "open" -> {
        open = true;
        answer(frame, OFFERS);
      }
      case "syslog" -> {
        batch.add(documents.ofRepeatable(frame.data()));
        batchBytes += frame.data().kept();
        answer(frame, OK);
      }
      case "close" -> {
        answer(frame, OK);
        answers.writeBytes("0 serverclose 0\n".getBytes(UTF_8));
        ended = true;
      }
      default -> answer(frame, "500 unknown command");
    }
  }

  private void answer(RelpFrames.Frame frame, String data) {
    answers.writeBytes(
        (frame.number() + " rsp " + data.length() + " " + data + "\n").getBytes(UTF_8));
  }

  /** Appends what came, and then answers it. */
  private void append() throws IOException, InterruptedException {
    List<Intake.Document> messages = List.copyOf(batch);
    byte[] answered = answers.toByteArray();
    batch.clear();
    batchBytes = 0;
    answers.reset();
    String failure = appending.append(messages, PATIENCE);
    if (failure != null) {
      LOG.warn(
          "{} ends a session without an answer to {} messages, which its sender has to send again:"
              + " {}",
          receiver,
          messages.size(),
          failure);
      throw new NotAppendedException(failure);
    }
    out.write(answered);
    out.flush();
  }
}
