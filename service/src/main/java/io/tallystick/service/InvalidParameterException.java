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

  /**
   * The message for somebody who knows the parameter under another name, for instance as an option
   * of the command line.
   */
  public String messageNaming(String label) {
    return message.startsWith(name + " ")
        ? label + message.substring(name.length())
        : label + ": " + message;
  }
}
