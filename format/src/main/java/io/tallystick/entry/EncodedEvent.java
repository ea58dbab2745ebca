package io.tallystick.entry;

import java.util.List;

/**
 * An event as the log stores it: the body of its entry, and the personal values beside that, in the
 * order in which the entry names them. Immutable, as long as nobody changes the bytes.
 */
public final class EncodedEvent {
  /** What a block needs for a personal value besides salt and value. */
  public static final int DIRECTORY_BYTES = 8;

  private final byte[] body;
  private final List<PersonalValue> personal;
  private final int personalBytes;

  /**
   * @param body from the comma before {@code event_type} to the closing brace; not copied
   */
  public EncodedEvent(byte[] body, List<PersonalValue> personal) {
    this.body = body;
    this.personal = List.copyOf(personal);
    int bytes = 0;
    for (PersonalValue value : personal) {
      bytes += DIRECTORY_BYTES + PersonalValue.SALT_BYTES + value.value().length;
    }
    this.personalBytes = bytes;
  }

  /** From the comma before {@code event_type} to the closing brace; not copied. */
  public byte[] body() {
    return body;
  }

  public List<PersonalValue> personal() {
    return personal;
  }

  /** Bytes that a block needs for the personal values. */
  public int personalBytes() {
    return personalBytes;
  }
}
