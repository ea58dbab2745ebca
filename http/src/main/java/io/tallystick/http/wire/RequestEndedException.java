package io.tallystick.http.wire;

/** Work for a request has ended early: its client has gone, or is not admitted any more. */
public final class RequestEndedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /**
   * @param problem that it is answered with, if anybody is there
   * @param reason for the log
   */
  public RequestEndedException(Problem problem, String reason) {
    super(reason, null, false, false);
    this.problem = problem;
  }

  Problem problem() {
    return problem;
  }

  /** The reason for the log. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
