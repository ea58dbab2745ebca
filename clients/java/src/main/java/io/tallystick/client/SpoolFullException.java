package io.tallystick.client;

/** The spool has no room: the server has not received its events yet. */
public final class SpoolFullException extends AuditException {
  private static final long serialVersionUID = 1;

  SpoolFullException() {
    super("the spool is full: the server has not received its events yet", null);
  }
}
