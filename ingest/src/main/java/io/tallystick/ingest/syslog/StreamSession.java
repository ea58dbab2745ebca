package io.tallystick.ingest.syslog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.Intake;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Syslog over TCP or TLS, which nobody answers: while the log does not take messages, the
 * connection is not read, so that the sender waits.
 */
final class StreamSession implements SyslogSession {
  private static final Logger LOG = LoggerFactory.getLogger(StreamSession.class);

  private final String receiver;
  private final Frames frames;
  private final Documents documents;
  private final Appending appending;
  private final List<Intake.Document> batch = new ArrayList<>();
  private long appended;

  StreamSession(
      String receiver, InputStream in, int maxBytes, Documents documents, Appending appending) {
    this.receiver = receiver;
    this.frames = new Frames(new Incoming(in, this::append), maxBytes);
    this.documents = documents;
    this.appending = appending;
  }

  @Override
  public void run() throws IOException, InterruptedException {
    try {
      for (ObjectNode message = frames.next(); message != null; message = frames.next()) {
        batch.add(documents.of(message));
        if (batch.size() == MAX_BATCH || frames.kept() - appended >= MAX_BATCH_BYTES) {
          append();
        }
      }
    } finally {
      // What came before a connection broke is appended all the same.
      append();
    }
  }

  private void append() throws IOException, InterruptedException {
    List<Intake.Document> messages = List.copyOf(batch);
    batch.clear();
    appended = frames.kept();
    String failure = appending.append(messages, Appending.FOREVER);
    if (failure != null) {
      LOG.error("{} loses {} messages: {}", receiver, messages.size(), failure);
      throw new NotAppendedException(failure);
    }
  }
}
