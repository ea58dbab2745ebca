package io.tallystick.service.answer;

import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.tallystick.index.TopActors;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A period of the log, and what is in it.
 *
 * @param bucketSeconds how long each stretch of time is
 * @param lastId newest entry of the log; {@code null} for a key that sees a part of it
 * @param indexedThrough newest entry that the counts can include; {@code null} for such a key
 */
public record OverviewReport(
    Instant since,
    Instant until,
    long bucketSeconds,
    List<Bucket> buckets,
    TopActors failedLogins,
    @Nullable Long lastId,
    @Nullable Long indexedThrough) {
  public OverviewReport {
    buckets = List.copyOf(buckets);
  }

  /**
   * Entries of a stretch of time, which begins at {@code start}.
   *
   * @param byCategory entries of the known categories, and of the most frequent others
   * @param otherCategories entries of all other categories
   */
  public record Bucket(
      @JsonSerialize(using = ShortTime.class) Instant start,
      long total,
      SortedMap<String, Long> byCategory,
      long otherCategories) {}
}
