package io.tallystick.service.answer;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.tallystick.index.LogStatistics;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts over the log or a period of it. All are exact.
 *
 * @param byType entries of the known types, and of the most frequent others
 * @param otherTypes entries of all other types
 * @param byCategory entries of the known categories, and of the most frequent others
 * @param otherCategories entries of all other categories
 * @param last24h entries of the whole log in the last 24 hours
 * @param sealedThrough how many entries the newest checkpoint covers; {@code null} for a key that
 *     sees a part of the log
 * @param indexedThrough the last entry that the counts can include; {@code null} for such a key
 * @param entries24h the same, under the name that SimpleTuner's admin panel reads
 * @param failedLogins24h of the last 24 hours, for that panel
 * @param permissionDenials24h of the last 24 hours, for that panel
 */
public record Statistics(
    long totalEntries,
    SortedMap<String, Long> byType,
    long otherTypes,
    @JsonProperty("last_24h") long last24h,
    @Nullable Instant firstEntry,
    @Nullable Instant lastEntry,
    SortedMap<String, Long> byCategory,
    long otherCategories,
    long securityEvents,
    long failedLogins,
    @Nullable Long sealedThrough,
    @Nullable Long indexedThrough,
    List<LogStatistics.Actor> topActors,
    SortedMap<LocalDate, Long> perDay,
    @JsonProperty("entries_24h") long entries24h,
    @JsonProperty("failed_logins_24h") long failedLogins24h,
    @JsonProperty("permission_denials_24h") long permissionDenials24h) {
  public Statistics {
    topActors = List.copyOf(topActors);
  }
}
