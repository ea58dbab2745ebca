package io.tallystick.store.write;

import io.tallystick.store.log.Nanos;
import java.time.Clock;

/**
 * The log's clock: the wall clock, made strictly increasing. While the wall clock is behind the
 * last entry (it was set back, or the log comes from a machine whose clock was ahead), time
 * advances with the JVM's monotonic clock from the last entry's time. Confined to the sequencer
 * thread.
 */
public final class EntryClock {
  private final Clock wallClock;
  private long nowNanos;
  private long lastNanos;
  private long monotonicAtLast;

  /** A clock whose times are all after {@code lastNanos}. */
  public EntryClock(Clock wallClock, long lastNanos) {
    this.wallClock = wallClock;
    this.lastNanos = lastNanos;
    this.monotonicAtLast = System.nanoTime();
  }

  /**
   * Reads the clocks. Called once for all requests of a turn, because a reading costs a quarter of
   * an entry's hash.
   */
  void read() {
    long wall = Nanos.of(wallClock.instant());
    long monotonic = System.nanoTime();
    nowNanos = wall > lastNanos ? wall : lastNanos + Math.max(1, monotonic - monotonicAtLast);
    monotonicAtLast = monotonic;
  }

  /**
   * The first of {@code count} consecutive nanoseconds, which are not before the last {@link #read}
   * and after every time returned so far.
   */
  long next(int count) {
    long first = Math.max(nowNanos, lastNanos + 1);
    lastNanos = first + count - 1;
    return first;
  }

  /** Takes back unused times, so that the next one is the first after {@code nanos}. */
  void rewind(long nanos) {
    lastNanos = nanos;
  }
}
