package io.tallystick.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends what is in a queue, in order, on a thread of its own. */
final class Sender {
  private static final System.Logger LOG = System.getLogger(Sender.class.getPackageName());

  private final EventQueue queue;
  private final Transport transport;
  private final Consumer<Rejection> onRejected;
  private final Thread thread;
  private volatile boolean stopped;

  // Confined to the thread.
  private int attempt;

  /** What is wrong, so that it is logged once and not at each try. */
  private @Nullable String trouble;

  Sender(EventQueue queue, Transport transport, Consumer<Rejection> onRejected) {
    this.queue = queue;
    this.transport = transport;
    this.onRejected = onRejected;
    this.thread = new Thread(this::run, "tallystick-sender");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Returns when nothing is sent any more. What is under way may still arrive. */
  void stop() throws InterruptedException {
    stopped = true;
    queue.stop();
    thread.interrupt();
    thread.join();
  }

  private void run() {
    while (!stopped) {
      try {
        List<byte[]> events = queue.next();
        if (!events.isEmpty()) {
          deliver(events);
        }
      } catch (IOException | RuntimeException e) {
        if (!stopped) {
          failed("queue", String.valueOf(e), false);
          pause(Duration.ZERO);
        }
      }
    }
  }

  /** Returns when the events are in the log or rejected, or the sender is stopped. */
  private void deliver(List<byte[]> events) throws IOException {
    while (!stopped) {
      Answer answer = post(events);
      if (answer != null && isSettled(answer, events)) {
        return;
      }
      pause(answer == null ? Duration.ZERO : answer.retryAfter());
    }
  }

  /** The answer, if there is one. */
  private @Nullable Answer post(List<byte[]> events) {
    try {
      // What is too long is cut, and what is wrong is rejected: neither holds up the other events.
      return transport.post(
          "?partial=true&oversize=truncate", "application/x-ndjson", lines(events));
    } catch (IOException e) {
      failed("connection", e.getMessage(), false);
    } catch (InterruptedException e) {
      // Only stop() interrupts.
    }
    return null;
  }

  /** Whether the answer ends the events, after doing what it says. */
  private boolean isSettled(Answer answer, List<byte[]> events) throws IOException {
    switch (answer.verdict()) {
      case ACCEPTED -> {
        List<Rejection> rejections = rejections(answer, events);
        if (rejections == null) {
          return false;
        }
        delivered();
        remove(events, rejections);
        return true;
      }
      case REFUSED -> {
        if (events.size() == 1) {
          delivered();
          remove(events, List.of(Answers.refusal(answer, events.get(0))));
        } else {
          deliver(events.subList(0, events.size() / 2));
          deliver(events.subList(events.size() / 2, events.size()));
        }
        return true;
      }
      case NOT_NOW -> failed("" + answer.status(), answer.describe(), answer.isDenied());
    }
    return false;
  }

  private @Nullable List<Rejection> rejections(Answer answer, List<byte[]> events) {
    try {
      return Answers.rejections(answer, events);
    } catch (IOException e) {
      failed("answer", "an answer that is not Tallystick's: " + e.getMessage(), false);
      return null;
    }
  }

  private void remove(List<byte[]> events, List<Rejection> rejections) throws IOException {
    for (Rejection rejection : rejections) {
      queue.reject(rejection);
    }
    queue.done(events.size());
    for (Rejection rejection : rejections) {
      LOG.log(System.Logger.Level.ERROR, "the server rejected an event: {0}", rejection.reason());
      try {
        onRejected.accept(rejection);
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.ERROR, "the callback for rejected events failed", e);
      }
    }
  }

  private void failed(String what, @Nullable String reason, boolean denied) {
    attempt++;
    if (what.equals(trouble)) {
      return;
    }
    trouble = what;
    LOG.log(
        System.Logger.Level.WARNING,
        denied
            ? "the server does not accept the API key; events are kept until it does ({0})"
            : "events cannot be sent; they are kept and sent later ({0})",
        reason);
  }

  private void delivered() {
    if (trouble != null) {
      LOG.log(System.Logger.Level.INFO, "events are sent again");
    }
    attempt = 0;
    trouble = null;
  }

  private void pause(Duration wish) {
    try {
      Thread.sleep(Transport.pauseMillis(attempt, wish));
    } catch (InterruptedException e) {
      // Only stop() interrupts.
    }
  }

  private static byte[] lines(List<byte[]> events) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (byte[] event : events) {
      lines.writeBytes(event);
      lines.write('\n');
    }
    return lines.toByteArray();
  }
}
