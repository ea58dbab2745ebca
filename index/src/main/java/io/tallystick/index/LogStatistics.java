package io.tallystick.index;

import io.tallystick.entry.ActorId;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts over a range of the log. All are exact.
 *
 * @param totalEntries in the range
 * @param byType entries of each event type that occurs, every known one and the most frequent of
 *     the others
 * @param byCategory the same by what stands before the first dot of the event type
 * @param securityEvents entries that are security events
 * @param last24Hours entries of the whole log recorded in the 24 hours before the query
 * @param firstEntry when the first entry of the range was recorded; {@code null} if there is none
 * @param lastEntry when the last one was
 * @param topActors the ten with the most entries
 * @param perDay entries of each day of the range (UTC) that has any
 */
public record LogStatistics(
    long totalEntries,
    Counts byType,
    Counts byCategory,
    long securityEvents,
    long last24Hours,
    @Nullable Instant firstEntry,
    @Nullable Instant lastEntry,
    List<Actor> topActors,
    SortedMap<LocalDate, Long> perDay) {

  /**
   * Entries of each value that is listed, and of all others together.
   *
   * @param byValue entries of each, at least one
   * @param others entries of the values that are not listed
   */
  public record Counts(SortedMap<String, Long> byValue, long others) {
    /** Entries of this value; 0 if it is not listed. */
    public long of(String value) {
      return byValue.getOrDefault(value, 0L);
    }

    /** Entries of all values. */
    public long total() {
      return byValue.values().stream().mapToLong(Long::longValue).sum() + others;
    }
  }

  /** An actor, and how many entries it has. */
  public record Actor(@Nullable ActorId actorId, @Nullable String actorUsername, long count) {}
}
