package io.tallystick.service;

/**
 * A parameter that is not taken. The message is a whole sentence: what was wrong, and what is taken
 * instead.
 */
public final class InvalidParameterException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String name;
  private final String message;

  public InvalidParameterException(String name, String message) {
    super(message);
    this.name = name;
    this.message = message;
  }

  /** Name of the parameter at fault. */
  public String name() {
    return name;
  }

  /** What was wrong and what is taken. */
  @Override
  public String getMessage() {
    return message;
  }
}
