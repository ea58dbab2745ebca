package io.tallystick.service.query;

import org.jspecify.annotations.Nullable;

/**
 * Which page of the event types is asked for.
 *
 * @param after the page begins behind this type; {@code null} for the first page, which has all
 *     known types too
 * @param limit most types beyond the known ones, 1 to {@link #MAX_LIMIT}
 */
public record TypeQuery(@Nullable String after, int limit) {
  public static final int DEFAULT_LIMIT = 500;
  public static final int MAX_LIMIT = 1_000;
}
