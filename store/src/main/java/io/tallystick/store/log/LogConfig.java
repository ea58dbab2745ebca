package io.tallystick.store.log;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a log that is opened for writing. Immutable.
 *
 * @param origin name for a new log (C2SP tlog-checkpoint: not empty, no white space, no {@code +});
 *     {@code null} makes a random one. An existing log keeps its origin, and opening it under
 *     another one is refused
 * @param durability when an append is acknowledged
 * @param maxPendingBytes most bytes of blocks that are accepted and not yet forced; beyond it,
 *     appends are refused
 * @param clock the wall clock; the times of entries increase even if it is set back
 * @param keyFile file of the key that signs checkpoints; {@code null} for {@code
 *     keys/checkpoint.key} in the data directory
 * @param postQuantum whether a new Ed25519 key comes with an ML-DSA-44 key, so that every
 *     checkpoint has a second signature that outlasts Ed25519
 * @param sealEvery longest time that entries wait for a checkpoint
 * @param minFreeBytes free bytes on the device below which the log warns; whatever this is, appends
 *     are refused below {@link #RESERVE_BYTES}
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
   * Most bytes of an encoded batch, and of a block, which never splits a batch: Chronicle accepts
   * excerpts of up to a quarter of its 64 MiB mapping.
   */
  public static final int MAX_BATCH_BYTES = 12 << 20;

  /** Most bytes that may be pending: as many as recovery checks before the end of the log. */
  public static final long MAX_PENDING_BYTES = 64L << 20;

  /** Bytes that appends leave free on the device, for mapped pages, tiles and checkpoints. */
  public static final long RESERVE_BYTES = 32L << 20;

  public LogConfig {
    if (origin != null) {
      LogIdentity.checkOrigin(origin);
    }
    if (maxPendingBytes < MAX_BATCH_BYTES || maxPendingBytes > MAX_PENDING_BYTES) {
      throw new IllegalArgumentException(
          "maxPendingBytes must be between "
              + MAX_BATCH_BYTES
              + " and "
              + MAX_PENDING_BYTES
              + ", but was "
              + maxPendingBytes);
    }
    if (minFreeBytes < 0) {
      throw new IllegalArgumentException("minFreeBytes must be 0 or more, but was " + minFreeBytes);
    }
    if (sealEvery.isNegative() || sealEvery.isZero()) {
      throw new IllegalArgumentException("sealEvery must be longer than 0, but was " + sealEvery);
    }
  }

  /** The default configuration; the builder's methods name the defaults. */
  public static LogConfig defaults() {
    return builder().build();
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts with the values of this configuration. */
  public Builder toBuilder() {
    return new Builder()
        .origin(origin)
        .durability(durability)
        .maxPendingBytes(maxPendingBytes)
        .clock(clock)
        .keyFile(keyFile)
        .postQuantum(postQuantum)
        .sealEvery(sealEvery)
        .minFreeBytes(minFreeBytes);
  }

  /** Builds and checks a configuration. Used by one thread. */
  public static final class Builder {
    private @Nullable String origin;
    private Durability durability = Durability.FORCED;
    private long maxPendingBytes = MAX_PENDING_BYTES;
    private Clock clock = Clock.systemUTC();
    private @Nullable Path keyFile;
    private boolean postQuantum = false;
    private Duration sealEvery = Duration.ofSeconds(1);
    private long minFreeBytes = 1L << 30;

    private Builder() {}

    /** Name for a new log; {@code null}, the default, makes a random one. */
    public Builder origin(@Nullable String value) {
      origin = value;
      return this;
    }

    /** When an append is acknowledged; default {@link Durability#FORCED}. */
    public Builder durability(Durability value) {
      durability = value;
      return this;
    }

    /** Most bytes of blocks that are accepted and not yet forced; default and maximum 64 MiB. */
    public Builder maxPendingBytes(long value) {
      maxPendingBytes = value;
      return this;
    }

    /** The wall clock; default the system's clock. */
    public Builder clock(Clock value) {
      clock = value;
      return this;
    }

    /** File of the signing key; {@code null}, the default, for the one in the data directory. */
    public Builder keyFile(@Nullable Path value) {
      keyFile = value;
      return this;
    }

    /** Whether a new key comes with an ML-DSA-44 key; default no. */
    public Builder postQuantum(boolean value) {
      postQuantum = value;
      return this;
    }

    /** Longest time that entries wait for a checkpoint; default 1 s. */
    public Builder sealEvery(Duration value) {
      sealEvery = value;
      return this;
    }

    /** Free bytes on the device below which the log warns; default 1 GiB. */
    public Builder minFreeBytes(long value) {
      minFreeBytes = value;
      return this;
    }

    /**
     * Builds the configuration.
     *
     * @throws IllegalArgumentException if a value is wrong; the message names it
     */
    public LogConfig build() {
      return new LogConfig(
          origin,
          durability,
          maxPendingBytes,
          clock,
          keyFile,
          postQuantum,
          sealEvery,
          minFreeBytes);
    }
  }
}
