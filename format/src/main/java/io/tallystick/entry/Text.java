package io.tallystick.entry;

import org.jspecify.annotations.Nullable;

/** What a string of an event may hold: Unicode scalar values other than NUL. */
final class Text {
  private static final char REPLACEMENT = '\ufffd';

  private Text() {}

  /**
   * Checks the value of a field that may be absent.
   *
   * @throws InvalidEventException if it holds NUL or a lone surrogate, or more bytes of UTF-8
   */
  static void check(String field, @Nullable String value, int maxBytes) {
    if (value != null) {
      int bytes = utf8Length(field, value);
      if (bytes > maxBytes) {
        throw new InvalidEventException(
            field, field + " may have at most " + maxBytes + " bytes of UTF-8, but has " + bytes);
      }
    }
  }

  /** Whether it holds neither NUL nor a lone surrogate. */
  static boolean isText(String text) {
    return cleaned(text).equals(text);
  }

  /** The text with U+FFFD in place of each NUL and each lone surrogate. */
  static String cleaned(String text) {
    char[] clean = text.toCharArray();
    for (int i = 0; i < clean.length; ) {
      int codePoint = text.codePointAt(i);
      if (codePoint == 0 || (codePoint >= 0xd800 && codePoint <= 0xdfff)) {
        clean[i] = REPLACEMENT;
      }
      i += Character.charCount(codePoint);
    }
    return new String(clean);
  }

  /** As many whole characters from the beginning of a clean text as have room. */
  static String cut(String text, int maxBytes) {
    int bytes = 0;
    int at = 0;
    while (at < text.length()) {
      int codePoint = text.codePointAt(at);
      bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
      if (bytes > maxBytes) {
        return text.substring(0, at);
      }
      at += Character.charCount(codePoint);
    }
    return text;
  }

  /**
   * Number of bytes of the text in UTF-8.
   *
   * @throws InvalidEventException if it holds NUL or a lone surrogate
   */
  static int utf8Length(String field, String text) {
    int length = text.length();
    int bytes = length;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        bytes += c >= 0x800 ? 2 : 1;
        if (Character.isSurrogate(c)) {
          i++;
          if (!Character.isHighSurrogate(c)
              || i == length
              || !Character.isLowSurrogate(text.charAt(i))) {
            throw new InvalidEventException(
                field, field + " must be well-formed Unicode text, but holds a lone surrogate");
          }
        }
      } else if (c == 0) {
        throw new InvalidEventException(field, field + " must not hold the character NUL");
      }
    }
    return bytes;
  }
}
