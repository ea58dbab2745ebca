package io.tallystick.store.write;

import io.tallystick.entry.EntryCodec;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.Receipt;
import io.tallystick.tlog.Hash;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One client's batch on its way: its encoded events, and after sequencing its place. Handed from
 * the client's thread to the sequencer to the committer; each hand-over orders what was written
 * before it, so the fields need no lock.
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

  /** The most that the entries can take in a block: bodies, largest heads, lengths. */
  public long maxBlockBytes() {
    return bodyBytes + (long) count() * (EntryCodec.MAX_HEAD_BYTES + 2);
  }

  public CompletableFuture<Receipt> receipt() {
    return receipt;
  }

  void queueAbove(@Nullable AppendRequest below) {
    this.below = below;
  }

  /** Lets go of the request before this one, and returns it. */
  @Nullable AppendRequest leaveQueue() {
    AppendRequest before = below;
    below = null;
    return before;
  }

  /** Notes the place that the sequencer gave. */
  void sequenced(long firstId, long firstNanos) {
    this.firstId = firstId;
    this.firstNanos = firstNanos;
  }

  /** Answers with the entries' hashes, which begin at {@code offset}; they are copied. */
  void acknowledge(byte[] hashes, int offset) {
    byte[] own = Arrays.copyOfRange(hashes, offset, offset + count() * Hash.BYTES);
    receipt.complete(new Receipt(firstId, firstNanos, own));
  }

  void refuse(LogException reason) {
    receipt.completeExceptionally(reason);
  }
}
