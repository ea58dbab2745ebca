package io.tallystick.ingest.backfill;

import java.io.IOException;

/** A file that can't be read, or not to its end; the message is for whoever named it. */
public final class UnreadableFileException extends IOException {
  private static final long serialVersionUID = 1;

  public UnreadableFileException(String message) {
    super(message);
  }
}
