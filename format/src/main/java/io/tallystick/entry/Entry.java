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
 * @param source name of the API key that wrote it, at most {@link #MAX_SOURCE_BYTES} bytes, or
 *     {@link #LOCAL}; {@code null} if the log itself wrote it. The log sets it, never the client
 * @param event what the client sent
 */
public record Entry(
    long id, Hash previousHash, Instant timestamp, @Nullable String source, Event event) {
  /** Largest length of a source in bytes of UTF-8. */
  public static final int MAX_SOURCE_BYTES = 64;

  /** The source of what a command on the data directory appended. */
  public static final String LOCAL = "(local)";

  /** What answers and filters call the source of the log's own entries, which have none. */
  public static final String LOG = "(log)";

  public Entry {
    if (id < 1) {
      throw new InvalidEntryException("an entry's id is 1 or more, not " + id);
    }
    Text.check("source", source, MAX_SOURCE_BYTES);
  }

  /** What a field holds, as text; {@code null} if it is absent, or holds no text. */
  public @Nullable String text(EntryField field) {
    return field == EntryField.SOURCE ? source : event.text(field);
  }
}
