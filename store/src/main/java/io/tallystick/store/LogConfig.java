package io.tallystick.store;

import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * How a log is opened for writing.
 *
 * @param origin name of a log that is about to be created (C2SP tlog-checkpoint: not empty, no
 *     white space, no {@code +}); {@code null} lets the log choose one. An existing log keeps its
 *     own, and opening it under another is refused
 * @param durability when an append is acknowledged
 * @param maxPendingBytes bytes of blocks accepted and not yet forced, above which appends are
 *     refused
 * @param clock the wall clock; entries never go back in time, whatever it does
 */
public record LogConfig(
    @Nullable String origin, Durability durability, long maxPendingBytes, Clock clock) {
  /** Largest length of an origin in bytes. */
  public static final int MAX_ORIGIN_BYTES = 255;

  /** Most bytes that may be pending: as many as recovery looks at before the end of the log. */
  public static final long MAX_PENDING_BYTES = 64L << 20;

  public LogConfig {
    if (origin != null) {
      LogIdentity.checkOrigin(origin);
    }
    if (maxPendingBytes < BlockFormat.MAX_BLOCK_BYTES || maxPendingBytes > MAX_PENDING_BYTES) {
      throw new IllegalArgumentException(
          "maxPendingBytes is "
              + maxPendingBytes
              + "; taken is "
              + BlockFormat.MAX_BLOCK_BYTES
              + ", one block, to "
              + MAX_PENDING_BYTES);
    }
  }

  /**
   * An origin of the log's own choice, forced acknowledgements, 64 MiB pending, the system's clock.
   */
  public static LogConfig defaults() {
    return new LogConfig(null, Durability.FORCED, MAX_PENDING_BYTES, Clock.systemUTC());
  }

  /** This configuration with another origin. */
  public LogConfig withOrigin(@Nullable String origin) {
    return new LogConfig(origin, durability, maxPendingBytes, clock);
  }

  /** This configuration with another durability. */
  public LogConfig withDurability(Durability durability) {
    return new LogConfig(origin, durability, maxPendingBytes, clock);
  }

  /** This configuration with another limit on what is pending. */
  public LogConfig withMaxPendingBytes(long maxPendingBytes) {
    return new LogConfig(origin, durability, maxPendingBytes, clock);
  }

  /** This configuration with another clock. */
  public LogConfig withClock(Clock clock) {
    return new LogConfig(origin, durability, maxPendingBytes, clock);
  }
}
