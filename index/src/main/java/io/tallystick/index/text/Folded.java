package io.tallystick.index.text;

import java.text.Normalizer;
import java.util.Locale;

/**
 * The form in which names are compared: Unicode's NFKC, and of letters that differ only in case the
 * same one, so that {@code STRASSE} is {@code Straße} and a full-width {@code Ａ} is {@code a}.
 *
 * <p>The JDK has no table for case folding. Upper case and then lower case gives the same classes,
 * and merges the dotted and the dotless i of Turkish with the others.
 */
public final class Folded {
  private Folded() {}

  /** The folded form of a text. It may be longer than the text, at most 18 times. */
  public static String of(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return unicode(text);
      }
    }
    return text.toLowerCase(Locale.ROOT);
  }

  private static String unicode(String text) {
    String upper = Normalizer.normalize(text, Normalizer.Form.NFKC).toUpperCase(Locale.ROOT);
    StringBuilder lower = new StringBuilder(upper.length());
    // Letter by letter: in a word, the last sigma would become another one than the others.
    upper.codePoints().map(Character::toLowerCase).forEach(lower::appendCodePoint);
    return Normalizer.normalize(lower, Normalizer.Form.NFKC);
  }
}
