package io.tallystick.store.segment;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Builds the next block: encodes each event with its id, previous hash and time as an entry, and
 * computes the entry's hash. Confined to the sequencer thread; one buffer serves all blocks.
 */
public final class BlockBuilder {
  /**
   * Zero bytes that are written after the block, so that the place of the next header is zero and
   * has its page.
   */
  public static final int TRAILING_ZEROS = 16;

  /** Where entries start; the head goes right before them once their number is known. */
  private static final int ENTRIES_START = BlockFormat.prefixBytes(BlockFormat.MAX_ENTRIES);

  private final MessageDigest sha256;
  private final short[] lengths = new short[BlockFormat.MAX_ENTRIES];
  private final byte[] previousHash = new byte[Hash.BYTES];
  private byte[] hashes = new byte[1_024 * Hash.BYTES];
  private byte[] buffer = new byte[1 << 20];
  private int end = ENTRIES_START;
  private int count;
  private final AnnexBuilder annex = new AnnexBuilder();

  private long nextId;
  private long lastNanos;

  /** The chain's end before this block, for {@link #abandon}. */
  private final byte[] previousHashBefore = new byte[Hash.BYTES];

  private long firstNanos;
  private long lastNanosBefore;

  /** A builder that continues after the entry with this id, hash and time. */
  public BlockBuilder(long lastId, Hash lastHash, long lastNanos, MessageDigest sha256) {
    this.sha256 = sha256;
    this.nextId = lastId + 1;
    this.lastNanos = lastNanos;
    lastHash.copyTo(previousHash, 0);
    begin();
  }

  /** Begins the next block after the current one was written. */
  public void begin() {
    count = 0;
    end = ENTRIES_START;
    annex.begin();
    System.arraycopy(previousHash, 0, previousHashBefore, 0, Hash.BYTES);
    lastNanosBefore = lastNanos;
  }

  /** Discards the block; the next one begins where this one did. */
  public void abandon() {
    nextId -= count;
    lastNanos = lastNanosBefore;
    System.arraycopy(previousHashBefore, 0, previousHash, 0, Hash.BYTES);
    begin();
  }

  public boolean isEmpty() {
    return count == 0;
  }

  int count() {
    return count;
  }

  long firstId() {
    return nextId - count;
  }

  public long lastId() {
    return nextId - 1;
  }

  /** Time of the block's first entry, in nanoseconds since 1970. */
  public long firstNanos() {
    return firstNanos;
  }

  public long lastNanos() {
    return lastNanos;
  }

  /** The entries' hashes, 32 bytes each. */
  public byte[] hashes() {
    return Arrays.copyOf(hashes, count * Hash.BYTES);
  }

  /** Current size of the block in bytes. */
  public int bytes() {
    return BlockFormat.prefixBytes(count) + end - ENTRIES_START + annex.bytes();
  }

  /**
   * Whether more entries fit into this block.
   *
   * @param bytes most bytes that they can need in a block, including heads and lengths
   */
  public boolean fits(int entries, long bytes) {
    return count + entries <= BlockFormat.MAX_ENTRIES
        && bytes() + bytes <= BlockFormat.MAX_BLOCK_BYTES;
  }

  /**
   * Adds a batch.
   *
   * @param events from {@link EntryCodec#encodeEvent}
   * @param nanos time of the first entry, in nanoseconds since 1970; each next one is a nanosecond
   *     later
   * @return id of the first entry
   */
  public long add(List<EncodedEvent> events, long nanos) {
    long firstIdOfBatch = nextId;
    long time = nanos;
    if (count == 0) {
      firstNanos = nanos;
    }
    if (hashes.length < (count + events.size()) * Hash.BYTES) {
      hashes = Arrays.copyOf(hashes, 2 * (count + events.size()) * Hash.BYTES);
    }
    for (EncodedEvent event : events) {
      byte[] body = event.body();
      ensureRoom(EntryCodec.MAX_HEAD_BYTES + body.length + TRAILING_ZEROS);
      int start = end;
      int at =
          EntryCodec.encodeHead(
              nextId,
              previousHash,
              Math.floorDiv(time, 1_000_000_000L),
              (int) Math.floorMod(time, 1_000_000_000L),
              buffer,
              start);
      System.arraycopy(body, 0, buffer, at, body.length);
      end = at + body.length;
      EntryHash.inPlace(sha256, buffer, start, end - start, previousHash, 0);
      System.arraycopy(previousHash, 0, hashes, count * Hash.BYTES, Hash.BYTES);
      annex.add(count, event.personal());
      lengths[count++] = (short) (end - start);
      nextId++;
      time++;
    }
    lastNanos = time - 1;
    return firstIdOfBatch;
  }

  /** Adds an entry of another log's, which has the next id and this time. */
  public void addExisting(StoredEntry stored, long nanos) {
    if (count == 0) {
      firstNanos = nanos;
    }
    byte[] entry = stored.bytes();
    annex.add(count, stored.personal());
    ensureRoom(entry.length + TRAILING_ZEROS);
    System.arraycopy(entry, 0, buffer, end, entry.length);
    end += entry.length;
    lengths[count++] = (short) entry.length;
    nextId++;
    lastNanos = nanos;
  }

  /**
   * The payload of a finished block's annex, which the block's own CRC32C does not cover: to see
   * that it was written as a whole.
   */
  public Payload payload(ByteBuffer finished) {
    int bytes = annex.payloadBytes();
    int end = finished.limit() - TRAILING_ZEROS;
    return new Payload(bytes, Block.crc(finished.slice(end - bytes, bytes)));
  }

  /** Length and CRC32C of the payload of a block's annex. */
  public record Payload(int bytes, int crc) {}

  private void ensureRoom(int bytes) {
    if (buffer.length - end < bytes) {
      buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, end + bytes));
    }
  }

  /**
   * The finished block followed by {@link #TRAILING_ZEROS}; valid until the next {@link #begin()}.
   */
  public ByteBuffer finish() {
    int start = ENTRIES_START - BlockFormat.prefixBytes(count);
    ensureRoom(annex.bytes() + TRAILING_ZEROS);
    ByteBuffer block = ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN);
    annex.put(block.position(end));
    int whole = block.position();
    int flag = annex.isEmpty() ? 0 : BlockFormat.ANNEX;
    block.putInt(start + BlockFormat.COUNT_OFFSET, count | flag);
    block.putLong(start + BlockFormat.FIRST_ID_OFFSET, firstId());
    for (int i = 0; i < count; i++) {
      block.putShort(start + BlockFormat.HEAD_BYTES + 2 * i, lengths[i]);
    }
    CRC32C crc = new CRC32C();
    int checked = start + BlockFormat.COUNT_OFFSET;
    crc.update(buffer, checked, whole - annex.payloadBytes() - checked);
    block.putInt(start + BlockFormat.CRC_OFFSET, (int) crc.getValue());
    Arrays.fill(buffer, whole, whole + TRAILING_ZEROS, (byte) 0);
    return block
        .position(start)
        .limit(whole + TRAILING_ZEROS)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
