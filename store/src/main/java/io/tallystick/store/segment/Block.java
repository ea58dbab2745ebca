package io.tallystick.store.segment;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalValue;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.store.log.StoredEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One block as it was read, see {@link BlockFormat}. Every access is checked against the bounds of
 * the bytes, so a damaged block has a {@link #defect()} and throws nothing. Immutable.
 */
public final class Block {
  private final byte[] bytes;
  private final int count;
  private final long firstId;

  /** {@code entryEnds[i]} is the end of entry i; empty if the lengths do not fill the block. */
  private final int[] entryEnds;

  private final Annex annex;

  private final @Nullable String defect;

  /** A block of these bytes, which are not copied. */
  public Block(byte[] bytes) {
    this.bytes = bytes;
    if (bytes.length < BlockFormat.HEAD_BYTES) {
      count = 0;
      firstId = 0;
      entryEnds = new int[0];
      annex = Annex.NONE;
      defect = "has " + bytes.length + " bytes, fewer than a block's head";
      return;
    }
    count = countOf(bytes, 0);
    firstId = LittleEndian.getLong(bytes, BlockFormat.FIRST_ID_OFFSET);
    int[] ends = ends(bytes, count);
    boolean hasAnnex = LittleEndian.getInt(bytes, BlockFormat.COUNT_OFFSET) < 0;
    Annex found = ends == null || !hasAnnex ? null : Annex.of(bytes, ends[count - 1], count);
    boolean fills = ends != null && (hasAnnex ? found != null : ends[count - 1] == bytes.length);
    entryEnds = ends == null || !fills ? new int[0] : ends;
    annex = found == null ? Annex.NONE : found;
    if (!fills) {
      defect = "has " + bytes.length + " bytes, which does not match its head";
    } else if (firstId < 1) {
      defect = "has the impossible first id " + firstId;
    } else if (LittleEndian.getInt(bytes, BlockFormat.CRC_OFFSET) != crc(checked(bytes, annex))) {
      defect = "has a wrong CRC32C";
    } else {
      defect = null;
    }
  }

  private static int @Nullable [] ends(byte[] bytes, int count) {
    if (count < 1
        || count > BlockFormat.MAX_ENTRIES
        || BlockFormat.prefixBytes(count) > bytes.length) {
      return null;
    }
    int[] ends = new int[count];
    int at = BlockFormat.prefixBytes(count);
    for (int i = 0; i < count; i++) {
      at += LittleEndian.unsignedShort(bytes, BlockFormat.HEAD_BYTES + 2 * i);
      ends[i] = at;
    }
    return at <= bytes.length ? ends : null;
  }

  /** What the CRC32C covers. */
  private static ByteBuffer checked(byte[] bytes, Annex annex) {
    int end = annex.isEmpty() ? bytes.length : annex.payload();
    return ByteBuffer.wrap(bytes, BlockFormat.COUNT_OFFSET, end - BlockFormat.COUNT_OFFSET);
  }

  static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /**
   * Number of entries in a block, from its first {@link BlockFormat#HEAD_BYTES} bytes at {@code
   * offset}, unchecked.
   */
  static int countOf(byte[] bytes, int offset) {
    return LittleEndian.getInt(bytes, offset + BlockFormat.COUNT_OFFSET) & ~BlockFormat.ANNEX;
  }

  /**
   * Id of a block's first entry, from its first {@link BlockFormat#HEAD_BYTES} bytes at {@code
   * offset}, unchecked.
   */
  static long firstIdOf(byte[] bytes, int offset) {
    return LittleEndian.getLong(bytes, offset + BlockFormat.FIRST_ID_OFFSET);
  }

  /**
   * What is wrong with the block, as the predicate of a sentence; {@code null} if it is as it was
   * written.
   */
  public @Nullable String defect() {
    return defect;
  }

  /** Number of readable entries; 0 if the lengths are inconsistent. */
  public int count() {
    return entryEnds.length;
  }

  public long firstId() {
    return firstId;
  }

  public long lastId() {
    return firstId + count() - 1;
  }

  public byte[] bytes() {
    return bytes;
  }

  public int entryOffset(int i) {
    return i == 0 ? BlockFormat.prefixBytes(count) : entryEnds[i - 1];
  }

  public int entryLength(int i) {
    return entryEnds[i] - entryOffset(i);
  }

  /** Number of personal values of entry i. */
  public int personalCount(int i) {
    return annex.count(i);
  }

  /** The personal values of entry i, unchecked. */
  public List<PersonalValue> personal(int i) {
    return annex.values(bytes, i);
  }

  /** Where salt and value of a personal value of entry i stand in the block. */
  public Personal place(int i, int member) {
    return new Personal(annex.offset(i, member), annex.length(i, member));
  }

  /** The place of salt and value in a block. */
  public record Personal(int offset, int length) {}

  /** Entry i with its personal values. */
  public StoredEntry stored(int i) {
    return new StoredEntry(firstId + i, entry(i), personal(i));
  }

  /**
   * The first entry from {@code fromId} on that has a personal value which does not open its
   * commitment; 0 if there is none. In a block that was never sealed, and so never erased from,
   * such a value was not written as a whole.
   */
  public long firstUnopened(long fromId) {
    for (int i = Math.clamp(fromId - firstId, 0, count()); i < count(); i++) {
      if (annex.count(i) > 0 && !opens(i)) {
        return firstId + i;
      }
    }
    return 0;
  }

  private boolean opens(int i) {
    try {
      return ReadableEntry.of(EntryCodec.decode(entry(i)), personal(i)).erased().isEmpty();
    } catch (InvalidEntryException e) {
      return false;
    }
  }

  /** A copy of entry i's bytes. */
  public byte[] entry(int i) {
    byte[] entry = new byte[entryLength(i)];
    System.arraycopy(bytes, entryOffset(i), entry, 0, entry.length);
    return entry;
  }

  /**
   * Whether the buffer's remaining bytes are a block with a valid CRC32C, followed by a payload
   * with this one. Used to read back what was just written.
   *
   * @param payload of the block's annex
   */
  public static boolean crcMatches(ByteBuffer block, BlockBuilder.Payload payload) {
    int bytes = block.remaining() - payload.bytes();
    if (bytes < BlockFormat.HEAD_BYTES) {
      return false;
    }
    int start = block.position();
    int want = block.order(ByteOrder.LITTLE_ENDIAN).getInt(start);
    int checked = BlockFormat.COUNT_OFFSET;
    return crc(block.slice(start + checked, bytes - checked)) == want
        && crc(block.slice(start + bytes, payload.bytes())) == payload.crc();
  }
}
