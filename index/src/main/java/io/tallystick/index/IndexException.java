package io.tallystick.index;

import java.io.IOException;

/** A question that the index can't answer now, with a sentence that says why. */
public final class IndexException extends IOException {
  private static final long serialVersionUID = 1;

  IndexException(String message) {
    super(message);
  }

  IndexException(String message, Throwable cause) {
    super(message, cause);
  }
}
