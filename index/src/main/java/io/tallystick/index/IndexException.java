package io.tallystick.index;

import io.tallystick.index.pace.Backoff;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

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

  /** The index has not come from one entry to another in time. */
  static IndexException behind(
      @Nullable String reason, long at, long wanted, @Nullable Duration left) {
    String why =
        reason == null ? "the index is being built: entry " + at + " of " + wanted : reason;
    return new IndexException(why, left == null ? Backoff.LONGEST : left);
  }

  /** The index can't be written now; it forgets what was erased as soon as it can. */
  static IndexException notErased(long erasure, String why) {
    return new IndexException(
        "the values are erased from the log, as entry "
            + erasure
            + " says, but not from the index yet: "
            + why,
        Backoff.LONGEST);
  }

  /** How long to wait before trying again. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
