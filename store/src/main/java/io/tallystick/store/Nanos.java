package io.tallystick.store;

import java.time.Instant;

/** Points in time as nanoseconds since 1970 in a {@code long}, which reaches to the year 2262. */
final class Nanos {
  private static final long PER_SECOND = 1_000_000_000L;

  private Nanos() {}

  /**
   * Nanoseconds since 1970.
   *
   * @throws ArithmeticException outside 1677 to 2262
   */
  static long of(Instant instant) {
    return of(instant.getEpochSecond(), instant.getNano());
  }

  static long of(long epochSecond, int nano) {
    return Math.addExact(Math.multiplyExact(epochSecond, PER_SECOND), nano);
  }

  static Instant toInstant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, PER_SECOND), Math.floorMod(nanos, PER_SECOND));
  }
}
