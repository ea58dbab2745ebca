package io.tallystick.store.files;

import java.io.IOException;

/**
 * A file or directory belongs to another user, or others may use it, where that would let them into
 * the log. The message has the command that mends it.
 */
public final class NotPrivateException extends IOException {
  private static final long serialVersionUID = 1;

  NotPrivateException(String message) {
    super(message);
  }
}
