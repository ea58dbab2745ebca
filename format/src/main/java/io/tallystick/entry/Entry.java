package io.tallystick.entry;

import io.tallystick.tlog.Hash;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event with its place in the log. Immutable.
 *
 * @param id 1, 2, 3 … without a gap
 * @param previousHash hash of the entry before it
 * @param timestamp when the log recorded it, later than the entry before it
 * @param source name of the API key that wrote it, at most {@link #MAX_SOURCE_BYTES} bytes; the
 *     server sets it, never the client
 * @param event what the client sent
 */
public record Entry(
    long id, Hash previousHash, Instant timestamp, @Nullable String source, Event event) {
  /** Largest length of a source in bytes of UTF-8. */
  public static final int MAX_SOURCE_BYTES = 64;

  public Entry {
    if (id < 1) {
      throw new InvalidEntryException("an entry's id is 1 or more, not " + id);
    }
    Text.check("source", source, MAX_SOURCE_BYTES);
  }
}
