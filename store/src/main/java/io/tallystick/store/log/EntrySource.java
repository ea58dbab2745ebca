package io.tallystick.store.log;

import java.io.IOException;

/** A source of a log's entries in the order of their ids: segments, or an archive. */
@FunctionalInterface
public interface EntrySource {
  /**
   * Passes the entries from {@code firstId} to {@code lastId}, both included, to the consumer in
   * order. Ids beyond the end of the log are ignored.
   *
   * @return {@code false} if the consumer stopped the reading
   * @throws LogException.Corrupt at the first entry that should be there and cannot be read
   */
  boolean forEach(long firstId, long lastId, EntryConsumer consumer) throws IOException;

  /** Receives entries one after another. */
  @FunctionalInterface
  interface EntryConsumer {
    /** Receives an entry; {@code false} stops the reading. */
    boolean accept(StoredEntry entry) throws IOException;
  }
}
