package io.tallystick.forward.net;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes something that takes too long, so that the thread that waits for it gets an error. For
 * what has no time-out of its own, such as a write to a socket whose peer is gone.
 */
public final class Watchdog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

  private static final ScheduledThreadPoolExecutor TIMER =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("tally-forward-watchdog").daemon().factory());

  static {
    TIMER.setRemoveOnCancelPolicy(true);
  }

  private final Future<?> bite;

  private Watchdog(Future<?> bite) {
    this.bite = bite;
  }

  /** Closes the victim unless this is closed within the limit. */
  public static Watchdog on(Closeable victim, Duration limit) {
    return new Watchdog(TIMER.schedule(() -> end(victim), limit.toNanos(), TimeUnit.NANOSECONDS));
  }

  private static void end(Closeable victim) {
    try {
      victim.close();
    } catch (IOException e) {
      LOG.debug("closing what took too long", e);
    }
  }

  @Override
  public void close() {
    bite.cancel(false);
  }
}
