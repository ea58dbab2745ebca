package io.tallystick.forward;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before a batch is sent again: half a second, then twice as long each time up to
 * 30 seconds, of which up to a half is left to chance, so that many senders do not come back
 * together. Used by one thread.
 */
final class Retry {
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** What a receiver may ask for at most. */
  private static final Duration LONGEST_ASKED = Duration.ofHours(1);

  private Duration delay = FIRST;

  /**
   * The wait after another failure.
   *
   * @param asked what the receiver asked for; {@code null} if it did not
   */
  Duration next(@Nullable Duration asked) {
    long millis = delay.toMillis();
    Duration wait =
        Duration.ofMillis(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    Duration longer = delay.multipliedBy(2);
    delay = longer.compareTo(LONGEST) > 0 ? LONGEST : longer;
    if (asked == null || asked.compareTo(wait) <= 0) {
      return wait;
    }
    return asked.compareTo(LONGEST_ASKED) > 0 ? LONGEST_ASKED : asked;
  }

  /** After a success. */
  void reset() {
    delay = FIRST;
  }
}
