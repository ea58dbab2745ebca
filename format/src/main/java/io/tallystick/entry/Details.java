package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * A JSON object in canonical form: no white space, the client's key order and number text, shortest
 * escapes. Immutable.
 *
 * <p>At most {@link #MAX_BYTES} bytes, objects and arrays nested at most {@link #MAX_DEPTH} deep
 * (the object itself is the first), no key twice in one object, numbers within the range of a
 * double.
 */
public final class Details {
  /** Largest length in bytes. */
  public static final int MAX_BYTES = 49_152;

  /** Deepest nesting. */
  public static final int MAX_DEPTH = 32;

  private final byte[] bytes;

  private Details(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Details from JSON text in any form.
   *
   * @throws InvalidEventException with the field {@code details} if it is not such an object
   */
  public static Details parse(String json) {
    return EventReader.readDetails(json.getBytes(UTF_8));
  }

  /**
   * Details whose canonical bytes these are; not copied.
   *
   * @throws InvalidEventException if they are too many
   */
  static Details ofCanonical(byte[] bytes) {
    if (bytes.length > MAX_BYTES) {
      throw tooLarge();
    }
    return new Details(bytes);
  }

  static InvalidEventException tooLarge() {
    return new InvalidEventException(
        "details", "details may have at most " + MAX_BYTES + " bytes as compact JSON");
  }

  /** The canonical bytes, not copied. */
  byte[] bytes() {
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Details details && Arrays.equals(bytes, details.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** The canonical JSON. */
  @Override
  public String toString() {
    return new String(bytes, UTF_8);
  }
}
