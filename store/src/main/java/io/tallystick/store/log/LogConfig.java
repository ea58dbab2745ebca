package io.tallystick.store.log;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
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
 * @param keyFile where the key is that signs checkpoints; {@code null} for {@code
 *     keys/checkpoint.key} in the data directory
 * @param postQuantum whether a key that is made now is made together with an ML-DSA-44 key, so that
 *     every checkpoint has a second signature that outlasts Ed25519
 * @param sealEvery how long entries wait for a checkpoint at most
 * @param minFreeBytes on the device below which the log warns; appends are refused below {@link
 *     #RESERVE_BYTES} whatever this is
 */
public record LogConfig(
    @Nullable String origin,
    Durability durability,
    long maxPendingBytes,
    Clock clock,
    @Nullable Path keyFile,
    boolean postQuantum,
    Duration sealEvery,
    long minFreeBytes) {
  /**
   * Most bytes of a batch once it is encoded, and of a block, which never splits a batch: Chronicle
   * takes excerpts of up to a quarter of its 64 MiB mapping.
   */
  public static final int MAX_BATCH_BYTES = 12 << 20;

  /** Most bytes that may be pending: as many as recovery looks at before the end of the log. */
  public static final long MAX_PENDING_BYTES = 64L << 20;

  /** So many bytes on the device are left for what is mapped, for tiles and checkpoints. */
  public static final long RESERVE_BYTES = 32L << 20;

  public LogConfig {
    if (origin != null) {
      LogIdentity.checkOrigin(origin);
    }
    if (maxPendingBytes < MAX_BATCH_BYTES || maxPendingBytes > MAX_PENDING_BYTES) {
      throw new IllegalArgumentException(
          "maxPendingBytes is "
              + maxPendingBytes
              + "; taken is "
              + MAX_BATCH_BYTES
              + ", one block, to "
              + MAX_PENDING_BYTES);
    }
    if (minFreeBytes < 0) {
      throw new IllegalArgumentException("minFreeBytes is not negative, but " + minFreeBytes);
    }
    if (sealEvery.isNegative() || sealEvery.isZero()) {
      throw new IllegalArgumentException("sealEvery is more than nothing, not " + sealEvery);
    }
  }

  /**
   * An origin of the log's own choice, forced acknowledgements, 64 MiB pending, the system's clock,
   * an Ed25519 key in the data directory, a checkpoint every second, a warning below 1 GiB.
   */
  public static LogConfig defaults() {
    return new LogConfig(
        null,
        Durability.FORCED,
        MAX_PENDING_BYTES,
        Clock.systemUTC(),
        null,
        false,
        Duration.ofSeconds(1),
        1L << 30);
  }

  /** This configuration with another origin. */
  public LogConfig withOrigin(@Nullable String origin) {
    return new LogConfig(
        origin, durability, maxPendingBytes, clock, keyFile, postQuantum, sealEvery, minFreeBytes);
  }

  /** This configuration with another durability. */
  public LogConfig withDurability(Durability durability) {
    return new LogConfig(
        origin, durability, maxPendingBytes, clock, keyFile, postQuantum, sealEvery, minFreeBytes);
  }

  /** This configuration with another limit on what is pending. */
  public LogConfig withMaxPendingBytes(long maxPendingBytes) {
    return new LogConfig(
        origin, durability, maxPendingBytes, clock, keyFile, postQuantum, sealEvery, minFreeBytes);
  }

  /** This configuration with another clock. */
  public LogConfig withClock(Clock clock) {
    return new LogConfig(
        origin, durability, maxPendingBytes, clock, keyFile, postQuantum, sealEvery, minFreeBytes);
  }

  /** This configuration with the signing key in this file. */
  public LogConfig withKeyFile(@Nullable Path keyFile) {
    return new LogConfig(
        origin, durability, maxPendingBytes, clock, keyFile, postQuantum, sealEvery, minFreeBytes);
  }

  /** This configuration with or without a second, post-quantum signature for a new key. */
  public LogConfig withPostQuantum(boolean postQuantum) {
    return new LogConfig(
        origin, durability, maxPendingBytes, clock, keyFile, postQuantum, sealEvery, minFreeBytes);
  }

  /** This configuration with another interval between checkpoints. */
  public LogConfig withSealEvery(Duration sealEvery) {
    return new LogConfig(
        origin, durability, maxPendingBytes, clock, keyFile, postQuantum, sealEvery, minFreeBytes);
  }

  /** This configuration with another floor of free space. */
  public LogConfig withMinFreeBytes(long minFreeBytes) {
    return new LogConfig(
        origin, durability, maxPendingBytes, clock, keyFile, postQuantum, sealEvery, minFreeBytes);
  }
}
