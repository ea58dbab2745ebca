package io.tallystick.entry;

import org.jspecify.annotations.Nullable;

/** Bytes that are not an entry: not exactly what {@link EntryCodec#encode} would have written. */
public final class InvalidEntryException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  InvalidEntryException(String message) {
    this(message, null);
  }

  InvalidEntryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
