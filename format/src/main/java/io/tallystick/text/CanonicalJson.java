package io.tallystick.text;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks a JSON value in the one form that {@link CanonicalWriter} writes. */
public final class CanonicalJson {
  private CanonicalJson() {}

  /**
   * Offset after the canonical value that starts at {@code from}, with at most {@code depth}
   * objects and arrays around one another; −1 if there is none.
   */
  public static int end(byte[] bytes, int from, int to, int depth) {
    if (from >= to) {
      return -1;
    }
    return switch (bytes[from]) {
      case '{' -> depth == 0 ? -1 : objectEnd(bytes, from, to, depth - 1);
      case '[' -> depth == 0 ? -1 : arrayEnd(bytes, from, to, depth - 1);
      case '"' -> stringEnd(bytes, from, to);
      case 't' -> literalEnd(bytes, from, to, "true");
      case 'f' -> literalEnd(bytes, from, to, "false");
      case 'n' -> literalEnd(bytes, from, to, "null");
      default -> numberEnd(bytes, from, to);
    };
  }

  private static int objectEnd(byte[] bytes, int from, int to, int depth) {
    int at = from + 1;
    if (at < to && bytes[at] == '}') {
      return at + 1;
    }
    Set<String> keys = new HashSet<>();
    while (at < to && bytes[at] == '"') {
      int keyEnd = stringEnd(bytes, at, to);
      if (keyEnd < 0
          || !keys.add(CanonicalString.text(bytes, at + 1, keyEnd - 1))
          || keyEnd >= to
          || bytes[keyEnd] != ':') {
        return -1;
      }
      at = end(bytes, keyEnd + 1, to, depth);
      if (at < 0 || at >= to) {
        return -1;
      }
      if (bytes[at] == '}') {
        return at + 1;
      }
      if (bytes[at] != ',') {
        return -1;
      }
      at++;
    }
    return -1;
  }

  private static int arrayEnd(byte[] bytes, int from, int to, int depth) {
    int at = from + 1;
    if (at < to && bytes[at] == ']') {
      return at + 1;
    }
    while (true) {
      at = end(bytes, at, to, depth);
      if (at < 0 || at >= to) {
        return -1;
      }
      if (bytes[at] == ']') {
        return at + 1;
      }
      if (bytes[at] != ',') {
        return -1;
      }
      at++;
    }
  }

  private static int stringEnd(byte[] bytes, int from, int to) {
    int quote = CanonicalString.end(bytes, from + 1, to);
    return quote < 0 ? -1 : quote + 1;
  }

  private static int literalEnd(byte[] bytes, int from, int to, String literal) {
    if (to - from < literal.length()) {
      return -1;
    }
    for (int i = 0; i < literal.length(); i++) {
      if (bytes[from + i] != literal.charAt(i)) {
        return -1;
      }
    }
    return from + literal.length();
  }

  /** Offset after a number of RFC 8259 section 6 that a double can hold; −1 if there is none. */
  private static int numberEnd(byte[] bytes, int from, int to) {
    int at = from < to && bytes[from] == '-' ? from + 1 : from;
    int digits = digitsEnd(bytes, at, to);
    if (digits == at || (bytes[at] == '0' && digits > at + 1)) {
      return -1;
    }
    at = digits;
    if (at < to && bytes[at] == '.') {
      digits = digitsEnd(bytes, at + 1, to);
      if (digits == at + 1) {
        return -1;
      }
      at = digits;
    }
    boolean exponent = at < to && (bytes[at] == 'e' || bytes[at] == 'E');
    if (exponent) {
      at++;
      if (at < to && (bytes[at] == '+' || bytes[at] == '-')) {
        at++;
      }
      digits = digitsEnd(bytes, at, to);
      if (digits == at) {
        return -1;
      }
      at = digits;
    }
    if (exponent || at - from > 300) {
      String text = CanonicalString.text(bytes, from, at);
      if (Double.isInfinite(Double.parseDouble(text))) {
        return -1;
      }
    }
    return at;
  }

  private static int digitsEnd(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && Ascii.isDigit(bytes[at])) {
      at++;
    }
    return at;
  }

  /** Whether the text is a number that JSON can write and a double can hold. */
  public static boolean isNumber(@Nullable String text) {
    if (text == null) {
      return false;
    }
    byte[] bytes = Ascii.bytes(text);
    return numberEnd(bytes, 0, bytes.length) == bytes.length;
  }
}
