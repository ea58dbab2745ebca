package io.tallystick.store.write;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.entry.EntryCodec;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.segment.BlockFormat;
import io.tallystick.tlog.Hash;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One client's batch on its way to the disk: its encoded events and, once sequenced, its ids and
 * times. The client's thread hands it to the sequencer, which hands it to the committer; each
 * hand-over orders the writes before it, so the fields need no lock.
 */
public final class AppendRequest {
  private final List<EncodedEvent> events;
  private final long eventBytes;
  private final CompletableFuture<Receipt> receipt = new CompletableFuture<>();

  /** The request that came before this one, while both wait in the {@link AppendQueue}. */
  private @Nullable AppendRequest below;

  private long firstId;
  private long firstNanos;

  /** A request for these events. */
  public AppendRequest(List<EncodedEvent> events) {
    this.events = events;
    long bodies = 0;
    long personal = 0;
    for (EncodedEvent event : events) {
      bodies += event.body().length;
      personal += event.personalBytes();
    }
    this.eventBytes = bodies + (personal == 0 ? 0 : personal + BlockFormat.ANNEX_HEAD_BYTES);
  }

  List<EncodedEvent> events() {
    return events;
  }

  int count() {
    return events.size();
  }

  /**
   * Most bytes that the entries can need in a block: bodies, largest heads, lengths, the annex with
   * their personal values.
   */
  public long maxBlockBytes() {
    return eventBytes + (long) count() * (EntryCodec.MAX_HEAD_BYTES + 2);
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
