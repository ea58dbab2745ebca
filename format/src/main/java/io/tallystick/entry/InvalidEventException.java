package io.tallystick.entry;

import org.jspecify.annotations.Nullable;

/**
 * An event that the log does not take. The message is a whole sentence: what was wrong, and what is
 * taken instead.
 */
public final class InvalidEventException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int index;
  private final String field;
  private final String message;

  /**
   * A refusal that belongs to no batch.
   *
   * @param field the field at fault by its name in JSON; {@code (event)} where it is not one field
   */
  public InvalidEventException(String field, String message) {
    this(-1, field, message, null);
  }

  private InvalidEventException(
      int index, String field, String message, @Nullable InvalidEventException cause) {
    super(message, cause);
    this.index = index;
    this.field = field;
    this.message = message;
  }

  /** The same refusal, of the event at this place of its batch, from 0. */
  InvalidEventException at(int index) {
    return new InvalidEventException(index, field, message, this);
  }

  /** Place of the event in its batch, from 0; −1 if it came alone. */
  public int index() {
    return index;
  }

  /** Name of the field at fault as in JSON; {@code (event)} where it is not one field. */
  public String field() {
    return field;
  }

  /** What was wrong and what is taken. */
  @Override
  public String getMessage() {
    return message;
  }
}
