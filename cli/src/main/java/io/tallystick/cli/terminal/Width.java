package io.tallystick.cli.terminal;

import java.lang.Character.UnicodeScript;
import java.util.Set;

/**
 * How many columns of a terminal a text takes. An approximation, since terminals differ: East Asian
 * characters and emoji count as two, combining marks and joiners as none, everything else as one.
 */
final class Width {
  private static final Set<UnicodeScript> WIDE =
      Set.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.HANGUL,
          UnicodeScript.BOPOMOFO,
          UnicodeScript.YI);

  private Width() {}

  static int of(String text) {
    return text.codePoints().map(Width::of).sum();
  }

  /** The longest beginning of a text that takes no more than this many columns. */
  static String beginning(String text, int columns) {
    int end = 0;
    int width = 0;
    while (end < text.length()) {
      int codePoint = text.codePointAt(end);
      width += of(codePoint);
      if (width > columns) {
        break;
      }
      end += Character.charCount(codePoint);
    }
    return text.substring(0, end);
  }

  private static int of(int codePoint) {
    if (codePoint < 0x300) {
      return 1;
    }
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> 0;
      default -> isWide(codePoint) ? 2 : 1;
    };
  }

  private static boolean isWide(int codePoint) {
    boolean halfWidth = codePoint >= 0xff61 && codePoint <= 0xffdc;
    boolean fullWidth =
        (codePoint >= 0x3000 && codePoint <= 0x303e)
            || (codePoint >= 0xff01 && codePoint <= 0xff60)
            || (codePoint >= 0xffe0 && codePoint <= 0xffe6);
    return !halfWidth
        && (fullWidth
            || Character.isEmojiPresentation(codePoint)
            || WIDE.contains(UnicodeScript.of(codePoint)));
  }
}
