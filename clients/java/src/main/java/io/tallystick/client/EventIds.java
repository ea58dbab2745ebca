package io.tallystick.client;

import java.security.SecureRandom;
import java.util.UUID;

/** UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, the rest random. */
final class EventIds {
  private static final SecureRandom RANDOM = new SecureRandom();

  private EventIds() {}

  static String next(long epochMillis) {
    long high = epochMillis << 16 | 0x7000 | RANDOM.nextInt(1 << 12);
    long low = RANDOM.nextLong() >>> 2 | Long.MIN_VALUE;
    return new UUID(high, low).toString();
  }
}
