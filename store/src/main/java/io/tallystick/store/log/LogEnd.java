package io.tallystick.store.log;

import java.io.IOException;
import java.time.Duration;

/** How far a log may be read. */
public interface LogEnd {
  /**
   * Whether entries up to the end are acknowledged; otherwise they are written, and may be torn.
   */
  boolean isAcknowledged();

  /** Id of the newest entry that may be read, 0 if there is none. */
  long lastId() throws IOException;

  /**
   * Waits until there is an entry after {@code id}; {@code false} if the time passed without one.
   */
  boolean awaitBeyond(long id, Duration timeout) throws IOException, InterruptedException;
}
