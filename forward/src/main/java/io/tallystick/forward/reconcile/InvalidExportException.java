package io.tallystick.forward.reconcile;

import java.io.IOException;

/** An export is not what it was said to be. The message says what is wrong. */
public final class InvalidExportException extends IOException {
  private static final long serialVersionUID = 1L;

  public InvalidExportException(String message) {
    super(message);
  }
}
