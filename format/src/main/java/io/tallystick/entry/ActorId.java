package io.tallystick.entry;

/**
 * The id of an actor, as it was sent: a whole number from 0 to 2^63-1, or text of at most {@link
 * #MAX_BYTES} bytes of UTF-8. {@code 7} and {@code "7"} are two ids with the same text. Immutable.
 *
 * @param text what it is, without quotes
 * @param isNumber whether it is a number of JSON
 */
public record ActorId(String text, boolean isNumber) {
  /** Largest length of a text in bytes of UTF-8. */
  public static final int MAX_BYTES = 256;

  static final String ALLOWED =
      "actor_id must be a whole number from 0 to 2^63-1, or a string of at most "
          + MAX_BYTES
          + " bytes";

  /**
   * Checks the id.
   *
   * @throws InvalidEventException with the field {@code actor_id} if it is neither
   */
  public ActorId {
    Text.check("actor_id", text, MAX_BYTES);
    if (isNumber && !isDecimal(text)) {
      throw new InvalidEventException("actor_id", ALLOWED + ", but was " + text);
    }
  }

  /** A number. */
  public static ActorId of(long number) {
    return new ActorId(Long.toString(number), true);
  }

  /** A text. */
  public static ActorId of(String text) {
    return new ActorId(text, false);
  }

  private static boolean isDecimal(String text) {
    try {
      return Long.toString(Long.parseLong(text)).equals(text) && !text.startsWith("-");
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** The text, without quotes. */
  @Override
  public String toString() {
    return text;
  }
}
