package io.tallystick.index.pace;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How fast an index is being built, for an estimate of the time that is left. Immutable.
 *
 * @param sinceNanos {@link System#nanoTime} at the beginning
 * @param fromId the last entry that was indexed then
 */
public record Pace(long sinceNanos, long fromId) {
  /** An estimate needs this many entries, because the first ones are slow. */
  private static final long ENOUGH_ENTRIES = 5_000;

  /** From this entry on, now. */
  public static Pace from(long id) {
    return new Pace(System.nanoTime(), id);
  }

  /** How long it will take to come from one entry to another; {@code null} if not known yet. */
  public @Nullable Duration remaining(long id, long lastId) {
    long done = id - fromId;
    if (done < ENOUGH_ENTRIES) {
      return null;
    }
    double nanosPerEntry = (double) (System.nanoTime() - sinceNanos) / done;
    long seconds =
        TimeUnit.NANOSECONDS.toSeconds((long) (nanosPerEntry * Math.max(0, lastId - id)));
    return Duration.ofSeconds(seconds + 1);
  }

  /** A sentence about an index that is being built, for whoever waits for it. */
  public String text(String why, long id, long lastId) {
    Duration left = remaining(id, lastId);
    return String.format(
        "%s, so it is being rebuilt from the log: entry %d of %d%s",
        why, id, lastId, left == null ? "" : ", about " + left.toSeconds() + " seconds left");
  }
}
