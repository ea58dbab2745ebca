package io.tallystick.client;

import org.jspecify.annotations.Nullable;

/** Why a call of the client failed. */
public class AuditException extends RuntimeException {
  private static final long serialVersionUID = 1;

  AuditException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
