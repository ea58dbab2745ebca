package io.tallystick.store.files;

import java.io.IOException;

/**
 * The device has no room for a file. What was there before is unchanged; a later try may succeed.
 */
public final class NoSpaceException extends IOException {
  private static final long serialVersionUID = 1;

  public NoSpaceException(String message) {
    super(message);
  }

  private NoSpaceException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * The failure of a write: this exception if it failed for want of room, else the failure itself.
   *
   * @param what was to be written, for the message
   */
  public static IOException orElse(IOException failure, Object what) {
    String message = String.valueOf(failure.getMessage());
    return message.contains("No space left") || message.contains("quota exceeded")
        ? new NoSpaceException("no room on the device for " + what, failure)
        : failure;
  }
}
