package io.tallystick.store;

import org.jspecify.annotations.Nullable;

/**
 * What is to be verified.
 *
 * @param startId first entry, from 1; {@code null} is the oldest that the log holds
 * @param endId last entry; {@code null} is the newest
 * @param strict also decode every entry in full, not only the three fields that the chain needs
 */
public record VerifyRequest(@Nullable Long startId, @Nullable Long endId, boolean strict) {
  /** Checks the range. */
  public VerifyRequest {
    if (startId != null && startId < 1) {
      throw new IllegalArgumentException("start_id is 1 or more, not " + startId);
    }
    if (endId != null && endId < 1) {
      throw new IllegalArgumentException("end_id is 1 or more, not " + endId);
    }
    if (startId != null && endId != null && startId > endId) {
      throw new IllegalArgumentException(
          "start_id is at most end_id; " + startId + " is greater than " + endId);
    }
  }

  /** Everything that the log holds. */
  public static VerifyRequest all() {
    return new VerifyRequest(null, null, false);
  }

  /** The entries from {@code startId} to {@code endId}, both included. */
  public static VerifyRequest range(long startId, long endId) {
    return new VerifyRequest(startId, endId, false);
  }

  /** This request with every entry decoded in full. */
  public VerifyRequest strictly() {
    return new VerifyRequest(startId, endId, true);
  }
}
