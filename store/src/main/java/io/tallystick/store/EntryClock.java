package io.tallystick.store;

import java.time.Clock;

/**
 * The log's clock: the wall clock, but never at or before a time it gave already. While the wall
 * clock is behind (it was set back, or the log was written on a machine that ran ahead), time goes
 * on by the JVM's monotonic clock from the last entry's time. Owned by the sequencer's thread.
 */
final class EntryClock {
  private final Clock wallClock;
  private long lastNanos;
  private long monotonicAtLast;

  /** A clock that gives times after {@code lastNanos}. */
  EntryClock(Clock wallClock, long lastNanos) {
    this.wallClock = wallClock;
    this.lastNanos = lastNanos;
    this.monotonicAtLast = System.nanoTime();
  }

  /**
   * The first of {@code count} times one nanosecond apart, all later than every time given before.
   */
  long next(int count) {
    long wall = Nanos.of(wallClock.instant());
    long monotonic = System.nanoTime();
    long first = wall;
    if (wall <= lastNanos) {
      first = lastNanos + Math.max(1, monotonic - monotonicAtLast);
    }
    lastNanos = first + count - 1;
    monotonicAtLast = monotonic;
    return first;
  }

  /** Gives back times that were not used after all: the next one is after {@code nanos} again. */
  void rewind(long nanos) {
    lastNanos = nanos;
  }
}
