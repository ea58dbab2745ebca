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

  /** The defaults, as the builder's methods name them. */
  public static LogConfig defaults() {
    return builder().build();
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with this configuration. */
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

  /** Builds a configuration, which is checked when it is built. Not safe for concurrent use. */
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

    /**
     * Name of a log that is about to be created; {@code null}, the default, lets the log choose
     * one.
     */
    public Builder origin(@Nullable String value) {
      origin = value;
      return this;
    }

    /** When an append is acknowledged; default forced. */
    public Builder durability(Durability value) {
      durability = value;
      return this;
    }

    /** Bytes of blocks accepted and not yet forced; default and maximum 64 MiB. */
    public Builder maxPendingBytes(long value) {
      maxPendingBytes = value;
      return this;
    }

    /** The wall clock; default the system's. */
    public Builder clock(Clock value) {
      clock = value;
      return this;
    }

    /** The file with the signing key; {@code null}, the default, is in the data directory. */
    public Builder keyFile(@Nullable Path value) {
      keyFile = value;
      return this;
    }

    /** Whether a new key has an ML-DSA-44 key beside it; default no. */
    public Builder postQuantum(boolean value) {
      postQuantum = value;
      return this;
    }

    /** How long entries wait for a checkpoint at most; default 1 s. */
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
     * The configuration.
     *
     * @throws IllegalArgumentException naming the value that is wrong
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
