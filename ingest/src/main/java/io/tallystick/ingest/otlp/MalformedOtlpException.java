package io.tallystick.ingest.otlp;

/** A body is no request to export logs. The message says why. */
final class MalformedOtlpException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedOtlpException(String message) {
    super(message, null, false, false);
  }
}
