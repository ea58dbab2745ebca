package io.tallystick.index;

import java.io.IOException;
import java.time.Duration;

/** The index can't answer a query now; the message says why. */
public final class IndexException extends IOException {
  private static final long serialVersionUID = 1;
  private static final Duration SOON = Duration.ofSeconds(5);

  private final Duration retryAfter;

  IndexException(String message) {
    this(message, SOON);
  }

  IndexException(String message, Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  IndexException(String message, Throwable cause) {
    super(message, cause);
    this.retryAfter = SOON;
  }

  static IndexException unreadable() {
    return new IndexException(
        "a part of the index could not be read; it is being checked, and rebuilt from the log if it is"
            + " damaged");
  }

  /** How long to wait before trying again. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
