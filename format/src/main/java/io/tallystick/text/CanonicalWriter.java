package io.tallystick.text;

import java.util.Arrays;

/**
 * A growing array of canonical JSON bytes. Its texts must be Unicode scalar values other than NUL.
 * Used by one thread.
 */
public final class CanonicalWriter {
  /** Most bytes that a character of a text becomes. */
  public static final int MAX_BYTES_PER_CHAR = 6;

  private static final byte[] LOWER_HEX = Ascii.bytes("0123456789abcdef");
  private static final byte[] SHORT_ESCAPES = new byte[0x80];

  static {
    SHORT_ESCAPES['"'] = '"';
    SHORT_ESCAPES['\\'] = '\\';
    SHORT_ESCAPES['\b'] = 'b';
    SHORT_ESCAPES['\t'] = 't';
    SHORT_ESCAPES['\n'] = 'n';
    SHORT_ESCAPES['\f'] = 'f';
    SHORT_ESCAPES['\r'] = 'r';
  }

  private byte[] bytes;
  private int length;

  /** A writer that has room for so many bytes before it grows. */
  public CanonicalWriter(int expectedBytes) {
    bytes = new byte[expectedBytes];
  }

  public int length() {
    return length;
  }

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  public void raw(char c) {
    reserve(1);
    bytes[length++] = (byte) c;
  }

  public void raw(byte[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, bytes, length, more.length);
    length += more.length;
  }

  public void number(long value) {
    reserve(Ascii.MAX_LONG_DIGITS);
    length = Ascii.putLong(value, bytes, length);
  }

  /** The text with its escapes and both quotes. */
  public void string(String text) {
    raw('"');
    rest(text);
  }

  /** The text with its escapes and the quote that ends it. */
  public void rest(String text) {
    int chars = text.length();
    reserve(chars + 1);
    byte[] target = bytes;
    int at = length;
    int plain = 0;
    while (plain < chars) {
      char c = text.charAt(plain);
      if (c < ' ' || c == '"' || c == '\\' || c >= 0x80) {
        break;
      }
      target[at + plain++] = (byte) c;
    }
    length = at + plain;
    if (plain < chars) {
      escaped(text, plain);
    }
    bytes[length++] = '"';
  }

  private void escaped(String text, int from) {
    reserve((text.length() - from) * MAX_BYTES_PER_CHAR + 1);
    for (int i = from; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      i += Character.charCount(codePoint);
      if (codePoint >= 0x80) {
        multiByte(codePoint);
      } else if (SHORT_ESCAPES[codePoint] != 0) {
        bytes[length++] = '\\';
        bytes[length++] = SHORT_ESCAPES[codePoint];
      } else if (codePoint < ' ') {
        bytes[length++] = '\\';
        bytes[length++] = 'u';
        bytes[length++] = '0';
        bytes[length++] = '0';
        bytes[length++] = LOWER_HEX[codePoint >> 4];
        bytes[length++] = LOWER_HEX[codePoint & 0xf];
      } else {
        bytes[length++] = (byte) codePoint;
      }
    }
  }

  private void multiByte(int codePoint) {
    if (codePoint < 0x800) {
      bytes[length++] = (byte) (0xc0 | (codePoint >> 6));
    } else {
      if (codePoint < 0x10000) {
        bytes[length++] = (byte) (0xe0 | (codePoint >> 12));
      } else {
        bytes[length++] = (byte) (0xf0 | (codePoint >> 18));
        bytes[length++] = (byte) (0x80 | ((codePoint >> 12) & 0x3f));
      }
      bytes[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
    }
    bytes[length++] = (byte) (0x80 | (codePoint & 0x3f));
  }

  private void reserve(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
    }
  }
}
