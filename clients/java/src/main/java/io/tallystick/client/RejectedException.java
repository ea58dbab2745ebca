package io.tallystick.client;

/** The server will never accept the event. Only in mode {@link Mode#SYNC}. */
public final class RejectedException extends AuditException {
  private static final long serialVersionUID = 1;

  private final transient Rejection rejection;

  RejectedException(Rejection rejection) {
    super(
        "the server rejected the event with " + rejection.status() + ": " + rejection.reason(),
        null);
    this.rejection = rejection;
  }

  /** What the server said. */
  public Rejection rejection() {
    return rejection;
  }
}
