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
    StringBuilder quoted = new StringBuilder("\"");
    String shown = text == null ? "" : text;
    for (int i = 0; i < Math.min(shown.length(), MAX_CHARS); i++) {
      char c = shown.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ' || c >= 0x7f) {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append(shown.length() > MAX_CHARS ? "…\"" : "\"").toString();
  }
}
