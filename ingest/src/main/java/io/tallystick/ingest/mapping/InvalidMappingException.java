package io.tallystick.ingest.mapping;

/** A mapping that can't be used, and why; the message is for whoever wrote it. */
public final class InvalidMappingException extends RuntimeException {
  private static final long serialVersionUID = 1;

  InvalidMappingException(String message) {
    super(message);
  }
}
