package io.tallystick.ingest.syslog;

import io.tallystick.ingest.Intake;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Appends messages, and tries again while the log does not take them. Thread-safe. */
final class Appending {
  private static final Logger LOG = LoggerFactory.getLogger(Appending.class);
  private static final Duration RETRY = Duration.ofMillis(500);

  /** As long as nobody closes the port. */
  static final Duration FOREVER = Duration.ofDays(36_500);

  private final String receiver;
  private final SyslogServer.Sink sink;
  private final CountDownLatch closing = new CountDownLatch(1);

  Appending(String receiver, SyslogServer.Sink sink) {
    this.receiver = receiver;
    this.sink = sink;
  }

  /** Whether nothing is tried again any more. */
  boolean isClosing() {
    return closing.getCount() == 0;
  }

  void close() {
    closing.countDown();
  }

  /** Waits a moment; not if this closes. */
  void pause() throws InterruptedException {
    boolean _ = closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Appends messages.
   *
   * @param patience how long it is tried
   * @return why they are not in the log, or perhaps are not; {@code null} if they are
   */
  @Nullable String append(List<Intake.Document> messages, Duration patience)
      throws InterruptedException {
    if (messages.isEmpty()) {
      return null;
    }
    long start = System.nanoTime();
    boolean warned = false;
    while (true) {
      String why;
      try {
        sink.append(messages);
        return null;
      } catch (IOException | TimeoutException | RuntimeException e) {
        why = e.toString();
      }
      if (!warned) {
        LOG.warn("{} can't append {} messages yet: {}", receiver, messages.size(), why);
        warned = true;
      }
      pause();
      if (isClosing() || System.nanoTime() - start > patience.toNanos()) {
        return why;
      }
    }
  }
}
