package io.tallystick.forward.sink;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Nothing, or an unknown part, of a batch was delivered. It is sent again later, for as long as it
 * takes. The message is for the operator and has no secrets.
 */
public class SinkException extends IOException {
  private static final long serialVersionUID = 1L;

  private final @Nullable Duration retryAfter;

  public SinkException(String message) {
    this(message, null, null);
  }

  public SinkException(String message, @Nullable Throwable cause) {
    this(message, null, cause);
  }

  /**
   * @param retryAfter how long the receiver asks to be left alone; {@code null} if it does not
   */
  public SinkException(String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
    super(message, cause);
    this.retryAfter = retryAfter;
  }

  /** How long the receiver asks to be left alone; {@code null} if it does not. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
