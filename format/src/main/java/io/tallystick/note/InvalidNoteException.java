package io.tallystick.note;

/** A note that is not well formed, or that no known key signed, or that one signed wrongly. */
public final class InvalidNoteException extends Exception {
  /** With a sentence that says what is wrong. */
  public InvalidNoteException(String message) {
    super(message);
  }

  InvalidNoteException(String message, Throwable cause) {
    super(message, cause);
  }
}
