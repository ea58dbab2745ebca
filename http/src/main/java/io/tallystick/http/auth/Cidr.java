package io.tallystick.http.auth;

import io.tallystick.tlog.Quoted;
import java.net.InetAddress;

/**
 * A range of IP addresses, for instance {@code 10.0.0.0/8}, or one address. Names are not resolved.
 */
public final class Cidr {
  private final byte[] network;
  private final int prefixBits;

  private Cidr(byte[] network, int prefixBits) {
    this.network = network;
    this.prefixBits = prefixBits;
  }

  /**
   * Reads an address, or an address and the length of its network part.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Cidr parse(String text) {
    try {
      int slash = text.indexOf('/');
      byte[] network =
          InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash)).getAddress();
      int bits = slash < 0 ? 8 * network.length : Integer.parseInt(text.substring(slash + 1));
      if (bits >= 0 && bits <= 8 * network.length) {
        return new Cidr(network, bits);
      }
    } catch (IllegalArgumentException e) {
      // Refused below, like a prefix that is too long.
    }
    throw new IllegalArgumentException(
        "expected an address like 10.1.2.3, or a range like 10.0.0.0/8 or 2001:db8::/32, but was "
            + Quoted.of(text));
  }

  public boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != network.length) {
      return false;
    }
    for (int bit = 0; bit < prefixBits; bit += 8) {
      int mask = prefixBits - bit >= 8 ? 0xff : 0xff << (8 - (prefixBits - bit));
      if (((bytes[bit / 8] ^ network[bit / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }
}
