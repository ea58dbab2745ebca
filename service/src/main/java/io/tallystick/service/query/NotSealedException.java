package io.tallystick.service.query;

import java.io.IOException;

/**
 * The log signed no checkpoint in the time for that. What was to be sealed is in the log all the
 * same.
 *
 * <p>It never has a {@link java.util.concurrent.TimeoutException} as its cause: Javalin believes an
 * {@link IOException} with such a cause to be a client that was too slow, and answers 408.
 */
public final class NotSealedException extends IOException {
  private static final long serialVersionUID = 1;

  NotSealedException(String message) {
    super(message);
  }
}
