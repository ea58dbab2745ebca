package io.tallystick.index;

import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEventException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.apache.lucene.util.BytesRef;

/**
 * A range of IP addresses: one address, or a block in CIDR notation (RFC 4632, RFC 4291 section
 * 2.3). An IPv4 address and its IPv4-mapped IPv6 form {@code ::ffff:a.b.c.d} are the same address.
 * Bits behind the prefix are ignored, so that {@code 10.1.2.3/8} is {@code 10.0.0.0/8}. Immutable.
 */
public final class AddressRange {
  private static final int BYTES = 16;

  /** Where an IPv4 address begins in the 16 bytes of its IPv4-mapped form. */
  private static final int IPV4_OFFSET = 12;

  private static final String ALLOWED =
      "it must be an IPv4 or IPv6 address like 203.0.113.9 or 2001:db8::1, or a CIDR range like"
          + " 10.0.0.0/8 or 2001:db8::/32";

  private final String text;
  private final byte[] low;
  private final byte[] high;

  private AddressRange(String text, byte[] low, byte[] high) {
    this.text = text;
    this.low = low;
    this.high = high;
  }

  /**
   * The range that this text names. Nothing is looked up in the DNS.
   *
   * @throws IllegalArgumentException with a clause that says what is allowed
   */
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    byte[] low;
    try {
      low = bytes(canonical(address));
    } catch (InvalidEventException e) {
      throw new IllegalArgumentException(ALLOWED, e);
    }
    byte[] high = low.clone();
    if (slash >= 0) {
      boolean ipv4 = address.indexOf(':') < 0;
      int bits = prefix(text.substring(slash + 1), ipv4 ? 32 : 128) + (ipv4 ? 96 : 0);
      for (int bit = bits; bit < BYTES * 8; bit++) {
        int mask = 0x80 >> (bit % 8);
        low[bit / 8] &= (byte) ~mask;
        high[bit / 8] |= (byte) mask;
      }
    }
    return new AddressRange(text, low, high);
  }

  private static int prefix(String text, int most) {
    if (text.matches("0|[1-9][0-9]{0,2}") && Integer.parseInt(text) <= most) {
      return Integer.parseInt(text);
    }
    throw new IllegalArgumentException(
        "the prefix after the slash must be a whole number from 0 to " + most);
  }

  private static String canonical(String address) {
    return String.valueOf(Event.builder("any").actorIp(address).build().actorIp());
  }

  /**
   * The 16 bytes of an address, the IPv4-mapped form of an IPv4 address; their unsigned order is
   * the order of addresses.
   *
   * @param address in the text that entries have it in
   */
  static byte[] bytes(String address) {
    return bytes(InetAddress.ofLiteral(address));
  }

  private static byte[] bytes(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == BYTES) {
      return bytes;
    }
    byte[] mapped = new byte[BYTES];
    mapped[IPV4_OFFSET - 2] = (byte) 0xff;
    mapped[IPV4_OFFSET - 1] = (byte) 0xff;
    System.arraycopy(bytes, 0, mapped, IPV4_OFFSET, bytes.length);
    return mapped;
  }

  /** The text of an address that {@link #bytes} encoded; an IPv4-mapped one is an IPv4 address. */
  static String text(BytesRef bytes) {
    byte[] address = Arrays.copyOfRange(bytes.bytes, bytes.offset, bytes.offset + bytes.length);
    try {
      return canonical(InetAddress.getByAddress(address).getHostAddress());
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("an address has " + BYTES + " bytes", e);
    }
  }

  public boolean contains(InetAddress address) {
    byte[] bytes = bytes(address);
    return Arrays.compareUnsigned(low, bytes) <= 0 && Arrays.compareUnsigned(bytes, high) <= 0;
  }

  /** The first address of the range, as {@link #bytes} encodes it. */
  BytesRef low() {
    return new BytesRef(low);
  }

  /** The last address of the range, as {@link #bytes} encodes it. */
  BytesRef high() {
    return new BytesRef(high);
  }

  /** Whether the range is a single address. */
  public boolean isOne() {
    return Arrays.equals(low, high);
  }

  /** The text that it was parsed from. */
  @Override
  public String toString() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AddressRange range
        && Arrays.equals(low, range.low)
        && Arrays.equals(high, range.high);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(low) + Arrays.hashCode(high);
  }
}
