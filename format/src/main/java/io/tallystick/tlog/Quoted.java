package io.tallystick.tlog;

import org.jspecify.annotations.Nullable;

/**
 * Text from outside made fit for a message: in quotes, shortened, everything unprintable escaped.
 */
public final class Quoted {
  private static final int MAX_CHARS = 48;

  private Quoted() {}

  /** The first 48 characters of the text in quotes; {@code null} is the empty text. */
  public static String of(@Nullable String text) {
    return quoted(text == null ? "" : text, MAX_CHARS, Integer.MAX_VALUE);
  }

  /**
   * The beginning of the text in quotes, for one that is worth reading as a whole.
   *
   * @param most characters between the quotes, those that escape others included
   */
  public static String of(String text, int most) {
    return quoted(text, Integer.MAX_VALUE, most);
  }

  private static String quoted(String text, int mostRead, int mostShown) {
    StringBuilder quoted = new StringBuilder("\"");
    int read = 0;
    while (read < Math.min(text.length(), mostRead)) {
      String shown = escaped(text.charAt(read));
      if (quoted.length() - 1 + shown.length() > mostShown) {
        break;
      }
      quoted.append(shown);
      read++;
    }
    return quoted.append(read < text.length() ? "…\"" : "\"").toString();
  }

  private static String escaped(char c) {
    if (c == '"' || c == '\\') {
      return "\\" + c;
    }
    return c < ' ' || c >= 0x7f ? "\\u%04x".formatted((int) c) : String.valueOf(c);
  }
}
