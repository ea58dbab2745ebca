package io.tallystick.text;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

/** Reads strings in the one form that {@link CanonicalWriter} writes. */
public final class CanonicalString {
  private static final String SHORT_ESCAPES = "\"\\btnfr";
  private static final String SHORT_ESCAPED = "\"\\\b\t\n\f\r";

  private CanonicalString() {}

  /**
   * Offset of the quote that ends the string whose first byte after its opening quote is at {@code
   * from}; −1 if there is none before {@code to} or the string is not in canonical form.
   */
  public static int end(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      byte b = bytes[at];
      if (b == '"') {
        return at;
      }
      int length = b == '\\' ? escapeLength(bytes, at, to) : b >= ' ' ? 1 : 0;
      if (b < 0) {
        length = Utf8.sequenceLength(bytes, at, to);
      }
      if (length == 0) {
        return -1;
      }
      at += length;
    }
    return -1;
  }

  /** The text between two offsets that {@link #end} has approved. */
  public static String text(byte[] bytes, int from, int to) {
    for (int at = from; at < to; at++) {
      if (bytes[at] == '\\') {
        return unescaped(bytes, from, to);
      }
      if (bytes[at] < 0) {
        return withoutEscapes(bytes, from, to);
      }
    }
    return new String(bytes, from, to - from, ISO_8859_1);
  }

  private static String withoutEscapes(byte[] bytes, int from, int to) {
    for (int at = from; at < to; at++) {
      if (bytes[at] == '\\') {
        return unescaped(bytes, from, to);
      }
    }
    return new String(bytes, from, to - from, UTF_8);
  }

  private static String unescaped(byte[] bytes, int from, int to) {
    byte[] plain = new byte[to - from];
    int length = 0;
    for (int at = from; at < to; ) {
      if (bytes[at] != '\\') {
        plain[length++] = bytes[at++];
      } else if (bytes[at + 1] == 'u') {
        plain[length++] = (byte) ((hex(bytes[at + 4]) << 4) | hex(bytes[at + 5]));
        at += 6;
      } else {
        plain[length++] = (byte) SHORT_ESCAPED.charAt(SHORT_ESCAPES.indexOf(bytes[at + 1]));
        at += 2;
      }
    }
    return new String(plain, 0, length, UTF_8);
  }

  private static int escapeLength(byte[] bytes, int at, int to) {
    if (at + 1 < to && SHORT_ESCAPES.indexOf(bytes[at + 1]) >= 0) {
      return 2;
    }
    if (at + 6 > to
        || bytes[at + 1] != 'u'
        || bytes[at + 2] != '0'
        || bytes[at + 3] != '0'
        || (bytes[at + 4] != '0' && bytes[at + 4] != '1')
        || hex(bytes[at + 5]) < 0) {
      return 0;
    }
    int control = (hex(bytes[at + 4]) << 4) | hex(bytes[at + 5]);
    return control == 0 || SHORT_ESCAPED.indexOf(control) >= 0 ? 0 : 6;
  }

  private static int hex(byte digit) {
    if (Ascii.isDigit(digit)) {
      return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
  }
}
