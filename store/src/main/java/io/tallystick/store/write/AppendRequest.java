package io.tallystick.store.write;

import io.tallystick.entry.EntryCodec;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.Receipt;
import io.tallystick.tlog.Hash;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One client's batch on its way to the disk: its encoded events and, once sequenced, its ids and
 * times. The client's thread hands it to the sequencer, which hands it to the committer; each
 * hand-over orders the writes before it, so the fields need no lock.
 */
public final class AppendRequest {
  private final byte[][] bodies;
  private final long bodyBytes;
  private final CompletableFuture<Receipt> receipt = new CompletableFuture<>();

  /** The request that came before this one, while both wait in the {@link AppendQueue}. */
  private @Nullable AppendRequest below;

  private long firstId;
  private long firstNanos;

  /** A request for these bodies, each from {@link EntryCodec#encodeBody}; not copied. */
  public AppendRequest(byte[][] bodies) {
    this.bodies = bodies;
    long sum = 0;
    for (byte[] body : bodies) {
      sum += body.length;
    }
    this.bodyBytes = sum;
  }

  byte[][] bodies() {
    return bodies;
  }

  int count() {
    return bodies.length;
  }

  /** Most bytes that the entries can need in a block: bodies, largest heads, lengths. */
  public long maxBlockBytes() {
    return bodyBytes + (long) count() * (EntryCodec.MAX_HEAD_BYTES + 2);
  }

  /** Completes with the receipt, or with the {@link LogException} that says why it was refused. */
  public CompletableFuture<Receipt> receipt() {
    return receipt;
  }

  void queueAbove(@Nullable AppendRequest below) {
    this.below = below;
  }

  /** Unlinks the request that came before this one, and returns it. */
  @Nullable AppendRequest leaveQueue() {
    AppendRequest before = below;
    below = null;
    return before;
  }

  /** Records the first id and time that the sequencer assigned. */
  void sequenced(long firstId, long firstNanos) {
    this.firstId = firstId;
    this.firstNanos = firstNanos;
  }

  /** Completes the receipt with the entries' hashes from {@code offset} on, which are copied. */
  void acknowledge(byte[] hashes, int offset) {
    byte[] own = Arrays.copyOfRange(hashes, offset, offset + count() * Hash.BYTES);
    receipt.complete(new Receipt(firstId, firstNanos, own));
  }

  /** Completes the receipt with this failure. */
  void refuse(LogException reason) {
    receipt.completeExceptionally(reason);
  }
}
