package io.tallystick.text;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Digits and literals as ASCII bytes. */
public final class Ascii {
  /** Digits of {@link Long#MAX_VALUE}. */
  public static final int MAX_LONG_DIGITS = 19;

  /** The digits of 00 to 99: two a division. */
  private static final byte[] PAIRS = new byte[200];

  static {
    for (int i = 0; i < 100; i++) {
      PAIRS[2 * i] = (byte) ('0' + i / 10);
      PAIRS[2 * i + 1] = (byte) ('0' + i % 10);
    }
  }

  /**
   * Value of each lower-case hex digit, -1 for every other byte: digits of hashes defy guessing.
   */
  private static final byte[] HEX_VALUES = new byte[256];

  static {
    Arrays.fill(HEX_VALUES, (byte) -1);
    for (int i = 0; i < 16; i++) {
      HEX_VALUES["0123456789abcdef".charAt(i)] = (byte) i;
    }
  }

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Ascii() {}

  public static byte[] bytes(String literal) {
    return literal.getBytes(StandardCharsets.US_ASCII);
  }

  public static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** The number of {@code count} decimal digits, at most nine; −1 if they are not all digits. */
  public static int digits(byte[] bytes, int from, int count) {
    int value = 0;
    for (int i = from; i < from + count; i++) {
      if (!isDigit(bytes[i])) {
        return -1;
      }
      value = value * 10 + (bytes[i] - '0');
    }
    return value;
  }

  /** Writes the low {@code count} decimal digits of a number that is not negative. */
  public static void putDigits(int value, byte[] target, int offset, int count) {
    int rest = value;
    int at = offset + count;
    while (at - offset >= 2) {
      at -= 2;
      putPair(rest % 100, target, at);
      rest /= 100;
    }
    if (at > offset) {
      target[offset] = (byte) ('0' + rest % 10);
    }
  }

  /** Writes a number that is not negative and returns the offset after it. */
  public static int putLong(long value, byte[] target, int offset) {
    if (value > Integer.MAX_VALUE) {
      int at = putLong(value / 1_000_000_000, target, offset);
      putDigits((int) (value % 1_000_000_000), target, at, 9);
      return at + 9;
    }
    int rest = (int) value;
    int count = 1;
    for (long limit = 10; limit <= rest; limit *= 10) {
      count++;
    }
    putDigits(rest, target, offset, count);
    return offset + count;
  }

  /**
   * Writes bytes, a multiple of four of them, as lower-case hex digits and returns the offset after
   * them. Eight digits are made at once in the bytes of a {@code long}.
   */
  public static int putHex(byte[] bytes, byte[] target, int offset) {
    int at = offset;
    for (int i = 0; i < bytes.length; i += Integer.BYTES) {
      long nibbles = (int) INT.get(bytes, i) & 0xffff_ffffL;
      nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffffL;
      nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ffL;
      nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0fL;
      long letters = (nibbles + 0x0606_0606_0606_0606L) >>> 4 & 0x0101_0101_0101_0101L;
      LONG.set(target, at, nibbles + 0x3030_3030_3030_3030L + letters * ('a' - '0' - 10));
      at += Long.BYTES;
    }
    return at;
  }

  /**
   * Reads lower-case hex digits from {@code offset} on, two for each byte of the target; {@code
   * false} if one of them is not.
   */
  public static boolean getHex(byte[] bytes, int offset, byte[] target) {
    int all = 0;
    for (int i = 0; i < target.length; i++) {
      int high = HEX_VALUES[bytes[offset + 2 * i] & 0xff];
      int low = HEX_VALUES[bytes[offset + 2 * i + 1] & 0xff];
      all |= high | low;
      target[i] = (byte) (high << 4 | low);
    }
    return all >= 0;
  }

  private static void putPair(int pair, byte[] target, int at) {
    target[at] = PAIRS[2 * pair];
    target[at + 1] = PAIRS[2 * pair + 1];
  }
}
