package io.tallystick.store.log;

import java.io.IOException;

/** Entries of a log in the order of their ids, wherever they are kept. */
@FunctionalInterface
public interface EntrySource {
  /**
   * Gives the entries from {@code firstId} to {@code lastId}, both included, in order, as far as
   * there are any.
   *
   * @return {@code false} if the consumer ended it
   * @throws LogException.Corrupt at the first entry that should be there and cannot be read
   */
  boolean forEach(long firstId, long lastId, EntryConsumer consumer) throws IOException;

  /** Receives entries, one after another. */
  @FunctionalInterface
  interface EntryConsumer {
    /** Receives one; {@code false} ends the reading. */
    boolean accept(StoredEntry entry) throws IOException;
  }
}
