package io.tallystick.index;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How far the index is, and what holds it back. An index that only takes its normal fraction of a
 * second to follow the log is not degraded.
 *
 * @param reason a clause that says what happens; {@code null} if the index is not degraded
 * @param indexedThrough the last entry in the index on disk or in the one that is being built
 * @param answeredThrough the last entry that lists and counts know, which may have come from a scan
 *     of the log
 * @param lastId the log's last entry
 * @param remaining how long it will probably take to be complete again; {@code null} if unknown
 */
public record IndexStatus(
    @Nullable String reason,
    long indexedThrough,
    long answeredThrough,
    long lastId,
    @Nullable Duration remaining) {

  /** Whether something keeps the index from following the log. */
  public boolean isDegraded() {
    return reason != null;
  }
}
