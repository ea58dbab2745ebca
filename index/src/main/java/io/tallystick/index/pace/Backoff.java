package io.tallystick.index.pace;

import java.time.Duration;

/**
 * How long to wait before the next try: a second, then twice as long each time, up to 15 seconds.
 * One thread changes it, any may read it.
 */
public final class Backoff {
  /** The longest wait. */
  public static final Duration LONGEST = Duration.ofSeconds(15);

  private static final Duration FIRST = Duration.ofSeconds(1);

  private volatile Duration delay = FIRST;

  /** The wait before the next try. */
  public Duration delay() {
    return delay;
  }

  /** Doubles the wait after a failure. */
  public void grow() {
    Duration longer = delay.multipliedBy(2);
    delay = longer.compareTo(LONGEST) > 0 ? LONGEST : longer;
  }

  /** Resets the wait after a success. */
  public void reset() {
    delay = FIRST;
  }
}
