package io.tallystick.index;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts over a range of the log. All are exact.
 *
 * @param totalEntries in the range
 * @param byType entries of each event type that occurs
 * @param last24Hours entries of the whole log recorded in the 24 hours before the query
 * @param firstEntry when the first entry of the range was recorded; {@code null} if there is none
 * @param lastEntry when the last one was
 * @param topActors the ten with the most entries
 * @param perDay entries of each day of the range (UTC) that has any
 */
public record LogStatistics(
    long totalEntries,
    SortedMap<String, Long> byType,
    long last24Hours,
    @Nullable Instant firstEntry,
    @Nullable Instant lastEntry,
    List<Actor> topActors,
    SortedMap<LocalDate, Long> perDay) {

  /** An actor, and how many entries it has. */
  public record Actor(@Nullable Long actorId, @Nullable String actorUsername, long count) {}
}
