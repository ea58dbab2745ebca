package io.tallystick.index;

import java.time.Duration;

/**
 * How long to wait before the next try: a second, then twice as long each time, up to 15 seconds.
 * One thread changes it, any may read it.
 */
final class Backoff {
  static final Duration LONGEST = Duration.ofSeconds(15);

  private static final Duration FIRST = Duration.ofSeconds(1);

  private volatile Duration delay = FIRST;

  /** The wait before the next try. */
  Duration delay() {
    return delay;
  }

  /** Doubles the wait after a failure. */
  void grow() {
    Duration longer = delay.multipliedBy(2);
    delay = longer.compareTo(LONGEST) > 0 ? LONGEST : longer;
  }

  /** Resets the wait after a success. */
  void reset() {
    delay = FIRST;
  }
}
