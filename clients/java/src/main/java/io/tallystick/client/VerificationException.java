package io.tallystick.client;

/** A proof, a checkpoint or a signature that does not show what it should. */
public final class VerificationException extends Exception {
  private static final long serialVersionUID = 1;

  VerificationException(String message) {
    super(message);
  }
}
