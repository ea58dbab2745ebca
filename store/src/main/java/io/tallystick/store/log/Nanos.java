package io.tallystick.store.log;

import java.time.Instant;

/** Converts times to and from nanoseconds since 1970 in a {@code long}, for 1677 to 2262. */
public final class Nanos {
  private static final long PER_SECOND = 1_000_000_000L;

  private Nanos() {}

  /** Nanoseconds since 1970; clamped to the range of a {@code long}. */
  public static long of(Instant instant) {
    return of(instant.getEpochSecond(), instant.getNano());
  }

  public static long of(long epochSecond, int nano) {
    if (Math.abs(epochSecond) >= Long.MAX_VALUE / PER_SECOND) {
      return epochSecond < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    return epochSecond * PER_SECOND + nano;
  }

  public static Instant toInstant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, PER_SECOND), Math.floorMod(nanos, PER_SECOND));
  }
}
