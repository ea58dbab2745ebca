package io.tallystick.http.wire;

/** The check that limits share. */
public final class Positive {
  private Positive() {}

  /**
   * Checks a limit.
   *
   * @param name for the message
   * @throws IllegalArgumentException if the value is not greater than 0
   */
  public static void check(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " must be greater than 0, but was " + value);
    }
  }
}
