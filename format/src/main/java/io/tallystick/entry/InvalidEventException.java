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
  private final int line;
  private final int column;

  /**
   * A refusal that belongs to no batch.
   *
   * @param field the field at fault by its name in JSON; {@code (event)} where it is not one field
   */
  public InvalidEventException(String field, String message) {
    this(-1, field, message, 0, 0, null);
  }

  /**
   * A refusal of text that is not JSON from some place on.
   *
   * @param line of that place, from 1
   * @param column of that place in bytes, from 1
   */
  InvalidEventException(String field, String message, int line, int column) {
    this(-1, field, message, line, column, null);
  }

  private InvalidEventException(
      int index,
      String field,
      String message,
      int line,
      int column,
      @Nullable InvalidEventException cause) {
    super(message, cause);
    this.index = index;
    this.field = field;
    this.message = message;
    this.line = line;
    this.column = column;
  }

  /** The same refusal, of the event at this place of its batch, from 0. */
  InvalidEventException at(int index) {
    return new InvalidEventException(index, field, message, line, column, this);
  }

  /** Place of the event in its batch, from 0; −1 if it came alone. */
  public int index() {
    return index;
  }

  /** Name of the field at fault as in JSON; {@code (event)} where it is not one field. */
  public String field() {
    return field;
  }

  /** Line of the text where it stops being JSON, from 1; 0 if the text is JSON. */
  public int line() {
    return line;
  }

  /** Column of that line in bytes, from 1; 0 if the text is JSON. */
  public int column() {
    return column;
  }

  /** What was wrong and what is allowed, for a caller that names the place in its own terms. */
  public String withoutPlace() {
    return message;
  }

  /** What was wrong and what is allowed, and where in the text if it is not JSON. */
  @Override
  public String getMessage() {
    return line == 0 ? message : message + " (line " + line + ", column " + column + ")";
  }
}
