package io.tallystick.store.log;

import java.io.IOException;
import java.time.Duration;

/** The end of a log, up to which it may be read. Safe for any number of threads. */
public interface LogEnd {
  /**
   * Whether all entries up to the end are acknowledged; otherwise they are written, and the last
   * ones may not survive a power cut.
   */
  boolean isAcknowledged();

  /** Id of the newest entry that may be read, 0 if there is none. */
  long lastId() throws IOException;

  /**
   * Waits until there is an entry after {@code id}; {@code false} if the timeout passed without
   * one.
   */
  boolean awaitBeyond(long id, Duration timeout) throws IOException, InterruptedException;
}
