package io.tallystick.note;

import java.nio.charset.StandardCharsets;

/** What may name a key: C2SP signed-note, "Format". */
final class KeyName {
  /** tlog-cosignature gives a name's length one byte. */
  private static final int MAX_BYTES = 255;

  private static final int NEXT_LINE = 0x85;

  private KeyName() {}

  static void check(String name) {
    if (name.isEmpty()
        || name.codePoints().anyMatch(c -> c == '+' || isSpace(c) || isSurrogate(c))) {
      throw new IllegalArgumentException(
          "a key name is not empty and has no space, no control character and no +");
    }
  }

  /** For the names that are signed or sign here; others may be as long as a note. */
  static void checkOwn(String name) {
    check(name);
    if (name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw new IllegalArgumentException("a key name has at most " + MAX_BYTES + " bytes: " + name);
    }
  }

  /** Unicode's White_Space, and every ASCII control character. */
  private static boolean isSpace(int codePoint) {
    return codePoint < ' ' || codePoint == NEXT_LINE || Character.isSpaceChar(codePoint);
  }

  private static boolean isSurrogate(int codePoint) {
    return Character.getType(codePoint) == Character.SURROGATE;
  }
}
