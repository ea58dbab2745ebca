package io.tallystick.store.log;

import io.tallystick.tlog.Hash;
import java.time.Instant;

/**
 * What the log answers to an append: where the events of one batch stand. Immutable.
 *
 * <p>The entries of a batch have consecutive ids and times one nanosecond apart.
 */
public final class Receipt {
  private final long firstId;
  private final long firstNanos;
  private final byte[] hashes;

  public Receipt(long firstId, long firstNanos, byte[] hashes) {
    this.firstId = firstId;
    this.firstNanos = firstNanos;
    this.hashes = hashes;
  }

  /** Number of entries. */
  public int count() {
    return hashes.length / Hash.BYTES;
  }

  public long firstId() {
    return firstId;
  }

  public long lastId() {
    return firstId + count() - 1;
  }

  /** Id of the i-th event of the batch, from 0. */
  public long id(int i) {
    return firstId + i;
  }

  /** Entry hash of the i-th event of the batch, from 0. */
  public Hash hash(int i) {
    return Hash.of(hashes, i * Hash.BYTES, Hash.BYTES);
  }

  /** Time the log gave to the i-th event of the batch, from 0. */
  public Instant timestamp(int i) {
    return Nanos.toInstant(firstNanos + i);
  }
}
