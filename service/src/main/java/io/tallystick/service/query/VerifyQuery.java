package io.tallystick.service.query;

import io.tallystick.service.InvalidParameterException;
import org.jspecify.annotations.Nullable;

/**
 * Which part of the log to verify, and how.
 *
 * @param startId first entry, at least 1; {@code null} for the log's first
 * @param endId last entry; {@code null} for the log's last
 * @param strict also decodes every entry in full
 * @param quick reads only the first and the last entry
 */
public record VerifyQuery(
    @Nullable Long startId, @Nullable Long endId, boolean strict, boolean quick) {
  /**
   * @throws InvalidParameterException if the range ends before it begins
   */
  public VerifyQuery {
    if (startId != null && endId != null && startId > endId) {
      throw new InvalidParameterException(
          "start_id",
          "start_id must not be after the end of the range, but was "
              + startId
              + ", and the end was "
              + endId);
    }
  }
}
