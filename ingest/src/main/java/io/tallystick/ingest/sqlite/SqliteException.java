package io.tallystick.ingest.sqlite;

import java.io.IOException;

/** A file that is no database, or one that can't be read; the message continues its name. */
public final class SqliteException extends IOException {
  private static final long serialVersionUID = 1;

  SqliteException(String message) {
    super(message);
  }
}
