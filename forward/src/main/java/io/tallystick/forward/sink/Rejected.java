package io.tallystick.forward.sink;

/**
 * A record that a receiver refused and will always refuse.
 *
 * @param index in the batch
 * @param reason what the receiver said, without secrets; it is shown quoted
 */
public record Rejected(int index, String reason) {
  /** So much of an answer is quoted: enough to see which field was wrong, and why. */
  public static final int MAX_QUOTED_CHARACTERS = 500;
}
