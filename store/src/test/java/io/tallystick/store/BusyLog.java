package io.tallystick.store;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Appends to a log, batch after batch, until it is closed. */
public final class BusyLog implements AutoCloseable {
  private final AtomicBoolean enough = new AtomicBoolean();
  private final Thread writer;

  /** Starts to append batches of this many events, with a pause after each. */
  public BusyLog(AuditLog log, int events, Duration rest) {
    writer =
        Thread.ofPlatform()
            .start(() -> {
              while (!enough.get()) {
                log.append(AuditLogTest.events(events), null).join();
                LockSupport.parkNanos(rest.toNanos());
              }
            });
  }

  @Override
  public void close() {
    enough.set(true);
    try {
      writer.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the log was still written", e);
    }
  }
}
