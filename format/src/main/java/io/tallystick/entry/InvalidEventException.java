package io.tallystick.entry;

import java.util.List;

/**
 * Events that cannot be accepted, with everything that is wrong with them. Each message is a whole
 * sentence without a full stop: what is wrong, and what is allowed instead.
 */
public final class InvalidEventException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** The most faults that are listed; further ones are only counted. */
  public static final int MAX_FAULTS = 100;

  /**
   * One thing that is wrong.
   *
   * @param index position of the event in its batch, from 0; −1 if it came alone
   * @param field name of the field as in JSON; {@code (event)} where it is not one field
   * @param reason what is wrong, and what is allowed, without the place in the text
   * @param line of the text where it stops being JSON, from 1; 0 if the text is JSON
   * @param column of that line in bytes, from 1; 0 if the text is JSON
   */
  public record Fault(int index, String field, String reason, int line, int column) {
    /** What is wrong, what is allowed, and where in the text if that is not JSON. */
    public String message() {
      return line == 0 ? reason : reason + " (line " + line + ", column " + column + ")";
    }
  }

  private final transient List<Fault> faults;
  private final int omitted;

  /**
   * One fault of an event that belongs to no batch.
   *
   * @param field name of the field as in JSON; {@code (event)} where it is not one field
   */
  public InvalidEventException(String field, String reason) {
    this(List.of(new Fault(-1, field, reason, 0, 0)), 0);
  }

  /**
   * Several faults.
   *
   * @param faults at least one, at most {@link #MAX_FAULTS}
   * @param omitted how many more there are
   */
  InvalidEventException(List<Fault> faults, int omitted) {
    super(faults.getFirst().message());
    this.faults = List.copyOf(faults);
    this.omitted = omitted;
  }

  /** Everything that is wrong, in the order of the events; at least one. */
  public List<Fault> faults() {
    return faults;
  }

  /** How many faults there are beyond those that are listed. */
  public int omitted() {
    return omitted;
  }

  /** Position of the first faulty event in its batch, from 0; −1 if it came alone. */
  public int index() {
    return faults.getFirst().index();
  }

  /** Name of the first field at fault as in JSON; {@code (event)} where it is not one field. */
  public String field() {
    return faults.getFirst().field();
  }

  /** What is wrong first, and what is allowed. */
  @Override
  public String getMessage() {
    return faults.getFirst().message();
  }
}
