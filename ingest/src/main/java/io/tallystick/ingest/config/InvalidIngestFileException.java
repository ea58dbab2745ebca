package io.tallystick.ingest.config;

/** A file of receivers is not right. The message says where, what is wrong, and what is allowed. */
public final class InvalidIngestFileException extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidIngestFileException(String message) {
    super(message);
  }
}
