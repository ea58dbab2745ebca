package io.tallystick.cli.terminal;

/** So many of something, in words: {@code 1 entry}, {@code 2,000 entries}. */
public final class Amount {
  private Amount() {}

  /** The number and the noun. */
  public static String of(long number, String one, String several) {
    return "%,d %s".formatted(number, number == 1 ? one : several);
  }
}
