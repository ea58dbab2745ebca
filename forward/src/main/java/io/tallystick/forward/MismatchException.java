package io.tallystick.forward;

import java.io.IOException;

/**
 * A position is not one of this log and this configuration. The message is for a person, who has to
 * look; nothing is forwarded meanwhile.
 */
public final class MismatchException extends IOException {
  private static final long serialVersionUID = 1L;

  MismatchException(String message) {
    super(message);
  }
}
