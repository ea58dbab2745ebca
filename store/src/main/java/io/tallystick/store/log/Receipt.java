package io.tallystick.store.log;

import io.tallystick.tlog.Hash;
import java.time.Instant;

/**
 * The log's answer to an append: the ids, times and hashes of the entries of one batch. Immutable.
 *
 * <p>The entries of a batch have consecutive ids and times one nanosecond apart.
 */
public final class Receipt {
  private final long firstId;
  private final long firstNanos;
  private final byte[] hashes;

  /**
   * A receipt for consecutive entries.
   *
   * @param firstNanos time of the first one, in nanoseconds since 1970
   * @param hashes 32 bytes for each entry; not copied
   */
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

  /** Time at which the log recorded the i-th event of the batch, from 0. */
  public Instant timestamp(int i) {
    return Nanos.toInstant(firstNanos + i);
  }
}
