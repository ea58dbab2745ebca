package io.tallystick.cli.terminal;

import io.tallystick.text.Characters;

/**
 * Makes text from a log safe to show: characters that could move the cursor, colour or reorder a
 * line are escaped.
 */
public final class Printable {
  private Printable() {}

  public static String of(String text) {
    int plain = 0;
    while (plain < text.length() && text.charAt(plain) >= ' ' && text.charAt(plain) < 0x7f) {
      plain++;
    }
    if (plain == text.length()) {
      return text;
    }
    StringBuilder shown = new StringBuilder(text.substring(0, plain));
    text.substring(plain)
        .codePoints()
        .forEach(c -> {
          if (Characters.isShown(c)) {
            shown.appendCodePoint(c);
          } else {
            shown.append(c < 0x10000 ? "\\u%04x".formatted(c) : "\\u{%x}".formatted(c));
          }
        });
    return shown.toString();
  }
}
