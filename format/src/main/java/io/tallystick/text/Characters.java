package io.tallystick.text;

/** Which characters are nothing but text on a screen. */
public final class Characters {
  private Characters() {}

  /**
   * Whether a character occupies a place of its own on a line and does nothing else: it moves no
   * cursor, ends no line, and turns no direction of writing round.
   */
  public static boolean isShown(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
