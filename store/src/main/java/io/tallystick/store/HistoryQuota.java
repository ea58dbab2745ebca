package io.tallystick.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many checkpoints clients may still add to the history: {@value #MAX} in 24 hours, so that one
 * request a second does not leave 86,400 files a day. It begins anew with the process. Safe for any
 * number of threads.
 */
final class HistoryQuota {
  static final int MAX = 100;

  private static final long PERIOD_NANOS = Duration.ofHours(24).toNanos();
  private static final Logger LOG = LoggerFactory.getLogger(HistoryQuota.class);

  /** When the last ones were added, oldest first. */
  @GuardedBy("this")
  private final ArrayDeque<Long> takenNanos = new ArrayDeque<>();

  @GuardedBy("this")
  private boolean warned;

  /** Whether another one may be added, which counts from now on. */
  synchronized boolean tryTake() {
    long now = System.nanoTime();
    if (takenNanos.size() == MAX) {
      if (now - takenNanos.getFirst() < PERIOD_NANOS) {
        warn();
        return false;
      }
      takenNanos.removeFirst();
    }
    takenNanos.add(now);
    warned = false;
    return true;
  }

  @GuardedBy("this")
  private void warn() {
    if (!warned) {
      LOG.warn(
          "clients had {} checkpoints signed and kept in the last 24 hours; until fewer were, further"
              + " ones are signed and not kept",
          MAX);
      warned = true;
    }
  }
}
