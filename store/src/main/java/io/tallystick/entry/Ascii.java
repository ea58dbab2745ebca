package io.tallystick.entry;

import java.nio.charset.StandardCharsets;

/** Digits and literals as ASCII bytes. */
final class Ascii {
  /** Digits of {@link Long#MAX_VALUE}. */
  static final int MAX_LONG_DIGITS = 19;

  private Ascii() {}

  static byte[] bytes(String literal) {
    return literal.getBytes(StandardCharsets.US_ASCII);
  }

  static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** The number of {@code count} decimal digits, at most nine; −1 if they are not all digits. */
  static int digits(byte[] bytes, int from, int count) {
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
  static void putDigits(int value, byte[] target, int offset, int count) {
    int rest = value;
    for (int i = offset + count - 1; i >= offset; i--) {
      target[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  /** Writes a number that is not negative and returns the offset after it. */
  static int putLong(long value, byte[] target, int offset) {
    int count = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      count++;
    }
    long rest = value;
    for (int i = offset + count - 1; i >= offset; i--) {
      target[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return offset + count;
  }
}
