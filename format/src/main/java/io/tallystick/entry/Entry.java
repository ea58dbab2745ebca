package io.tallystick.entry;

import io.tallystick.tlog.Hash;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An event with its place in the log. Immutable.
 *
 * @param id 1, 2, 3 … without a gap
 * @param previousHash hash of the entry before it
 * @param timestamp when the log recorded it, later than the entry before it
 * @param source name of the API key that wrote it, at most {@link #MAX_SOURCE_BYTES} bytes, or
 *     {@link #LOCAL}; {@code null} if the log itself wrote it. The log sets it, never the client
 * @param event what the client sent, without its personal values. It has {@code null} in their
 *     places in details
 * @param personal the commitments to the personal values, in the order of their names
 */
public record Entry(
    long id,
    Hash previousHash,
    Instant timestamp,
    @Nullable String source,
    Event event,
    Map<PersonalField, Hash> personal) {
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
    personal = personal.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(personal));
    if (personal.size() > PersonalField.MAX_OF_ENTRY
        || !event.personal().isEmpty()
        || !PersonalParts.areTakenOut(event, personal.keySet())) {
      throw new InvalidEntryException(
          "an entry has commitments to at most "
              + PersonalField.MAX_OF_ENTRY
              + " personal values, and not the values themselves");
    }
  }

  /** An entry without personal values. */
  public Entry(
      long id, Hash previousHash, Instant timestamp, @Nullable String source, Event event) {
    this(id, previousHash, timestamp, source, event, Map.of());
  }

  /** What a field holds, as text; {@code null} if it is absent, or holds no text. */
  public @Nullable String text(EntryField field) {
    return field == EntryField.SOURCE ? source : event.text(field);
  }
}
