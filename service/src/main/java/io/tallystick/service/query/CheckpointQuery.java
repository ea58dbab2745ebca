package io.tallystick.service.query;

import io.tallystick.service.InvalidParameterException;
import org.jspecify.annotations.Nullable;

/**
 * Which of the checkpoints that are kept, newest first.
 *
 * @param period when they were signed
 * @param beforeSize only those that cover fewer entries; {@code null} for no bound
 * @param limit most of them, 1 to {@link #MAX_LIMIT}
 */
public record CheckpointQuery(Period period, @Nullable Long beforeSize, int limit) {
  /** Most checkpoints on a page. */
  public static final int MAX_LIMIT = 500;

  /** Checkpoints on a page if nobody says how many. */
  public static final int DEFAULT_LIMIT = 50;

  /**
   * @throws InvalidParameterException if the limit is out of range
   */
  public CheckpointQuery {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new InvalidParameterException(
          "limit", "limit must be between 1 and " + MAX_LIMIT + ", but was " + limit);
    }
  }
}
