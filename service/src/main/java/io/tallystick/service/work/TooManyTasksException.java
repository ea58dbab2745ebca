package io.tallystick.service.work;

import java.time.Duration;

/** A key has too many long tasks under way, or all keys together have. */
public final class TooManyTasksException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** After which it is worth trying again. */
  public static final Duration RETRY_AFTER = Duration.ofSeconds(2);

  TooManyTasksException(String message) {
    super(message);
  }
}
