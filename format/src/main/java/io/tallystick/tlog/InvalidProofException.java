package io.tallystick.tlog;

/** A proof that does not prove what it was given for, or is not a proof at all. */
public final class InvalidProofException extends Exception {
  /** With a sentence that says what is wrong. */
  public InvalidProofException(String message) {
    super(message);
  }

  InvalidProofException(String message, Throwable cause) {
    super(message, cause);
  }
}
