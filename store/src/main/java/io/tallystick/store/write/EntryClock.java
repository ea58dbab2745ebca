package io.tallystick.store.write;

import io.tallystick.store.log.Nanos;
import java.time.Clock;

/**
 * The log's clock: the wall clock, but never at or before a time it gave already. While the wall
 * clock is behind (it was set back, or the log was written on a machine that ran ahead), time goes
 * on by the JVM's monotonic clock from the last entry's time. Owned by the sequencer's thread.
 */
public final class EntryClock {
  private final Clock wallClock;
  private long nowNanos;
  private long lastNanos;
  private long monotonicAtLast;

  /** A clock that gives times after {@code lastNanos}. */
  public EntryClock(Clock wallClock, long lastNanos) {
    this.wallClock = wallClock;
    this.lastNanos = lastNanos;
    this.monotonicAtLast = System.nanoTime();
  }

  /**
   * Reads the clocks, once for all requests that are taken together: a reading costs as much as a
   * quarter of an entry's hash.
   */
  void read() {
    long wall = Nanos.of(wallClock.instant());
    long monotonic = System.nanoTime();
    nowNanos = wall > lastNanos ? wall : lastNanos + Math.max(1, monotonic - monotonicAtLast);
    monotonicAtLast = monotonic;
  }

  /**
   * The first of {@code count} times one nanosecond apart, from the last {@link #read} on and later
   * than every time given before.
   */
  long next(int count) {
    long first = Math.max(nowNanos, lastNanos + 1);
    lastNanos = first + count - 1;
    return first;
  }

  /** Gives back times that were not used after all: the next one is after {@code nanos} again. */
  void rewind(long nanos) {
    lastNanos = nanos;
  }
}
