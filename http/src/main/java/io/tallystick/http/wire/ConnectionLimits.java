package io.tallystick.http.wire;

import java.time.Duration;

/**
 * Limits that keep a few clients from holding all connections.
 *
 * @param perAddress connections at once from one IPv4 address or one IPv6 /64; a trusted proxy's
 *     are not counted, for it speaks for many
 * @param firstByte a connection whose client sent nothing for so long after it began is closed;
 *     over TLS, also one that has not finished its handshake and begun a request after twice that
 */
public record ConnectionLimits(int perAddress, Duration firstByte) {
  public ConnectionLimits {
    Positive.check("perAddress", perAddress);
    Positive.check("firstByte", firstByte.toNanos());
  }

  /**
   * 1,024 from one address, a quarter of all, and 5 s for the first byte. An office behind one
   * address may have 170 browsers with six connections each.
   */
  public static ConnectionLimits defaults() {
    return new ConnectionLimits(1_024, Duration.ofSeconds(5));
  }

  /** The same with another limit for one address. */
  public ConnectionLimits withPerAddress(int value) {
    return new ConnectionLimits(value, firstByte);
  }
}
