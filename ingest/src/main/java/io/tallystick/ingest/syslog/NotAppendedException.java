package io.tallystick.ingest.syslog;

import java.io.IOException;

/** Messages are not in the log, or perhaps are not, so that nothing more is read. */
final class NotAppendedException extends IOException {
  private static final long serialVersionUID = 1;

  NotAppendedException(String why) {
    super(why);
  }
}
