package io.tallystick.spring;

/** A property without which the application must not start. */
final class WrongPropertyException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String action;

  /**
   * @param problem what is wrong with which property
   * @param action what to do
   */
  WrongPropertyException(String problem, String action) {
    super(problem);
    this.action = action;
  }

  String action() {
    return action;
  }
}
