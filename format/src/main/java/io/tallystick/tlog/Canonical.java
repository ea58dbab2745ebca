package io.tallystick.tlog;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The text forms that have one spelling for each value: decimal, base64 and UTF-8. Whatever is
 * accepted here is what would be written, so that no two texts mean the same.
 */
public final class Canonical {
  private Canonical() {}

  /**
   * Reads a number from 0 to 2^63-1: ASCII digits with no sign and no leading zero.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static long decimal(String text) {
    if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      try {
        long value = Long.parseLong(text);
        if (Long.toString(value).equals(text)) {
          return value;
        }
      } catch (NumberFormatException tooLarge) {
        // Refused below, like every other text.
      }
    }
    throw new IllegalArgumentException(
        "a number is 0 to 2^63-1 in decimal without leading zeros, not " + Quoted.of(text));
  }

  /**
   * Reads standard base64 with its padding (RFC 4648 section 4), unused bits zero (section 3.5).
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static byte[] base64(String text) {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (base64(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException notBase64) {
      // Refused below, with a message that quotes no secret.
    }
    throw new IllegalArgumentException(
        "this is not padded standard base64 (" + text.length() + " characters)");
  }

  /** Writes standard base64 with its padding. */
  public static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /**
   * Reads UTF-8 without replacing what is malformed.
   *
   * @throws IllegalArgumentException if the bytes are not UTF-8
   */
  public static String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("these bytes are not valid UTF-8", e);
    }
  }
}
