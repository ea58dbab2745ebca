package io.tallystick.service;

/**
 * A parameter that is unknown or has an invalid value. The message is a whole sentence without a
 * full stop: what is wrong, and what is allowed.
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

  /** What is wrong and what is allowed. */
  @Override
  public String getMessage() {
    return message;
  }
}
