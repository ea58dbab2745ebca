package io.tallystick.store.seal;

import io.tallystick.store.log.LogException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the log for good and holds the reason: it was closed, or one of its threads failed. The
 * first reason wins. Safe for any number of threads.
 */
public final class StopLatch {
  private static final Logger LOG = LoggerFactory.getLogger(StopLatch.class);

  private final AtomicReference<@Nullable LogException> reason = new AtomicReference<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /** Adds a listener, which runs on the thread that stops the log. */
  public void onStop(Runnable listener) {
    listeners.add(listener);
  }

  /** Stops the log. A reason with a cause is a failure and is logged for the operator. */
  public void stop(LogException why) {
    if (reason.compareAndSet(null, why) && why.getCause() != null) {
      LOG.error("{}", why.getMessage(), why);
    }
    listeners.forEach(Runnable::run);
  }

  /** Why the log stopped; {@code null} while it has not. */
  public @Nullable LogException reason() {
    return reason.get();
  }

  /** Why the log failed; {@code null} while it works and after an ordinary close. */
  @Nullable LogException failure() {
    LogException why = reason.get();
    return why == null || why.getCause() == null ? null : why;
  }
}
