package io.tallystick.store.segment;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  private final @Nullable String defect;

  /** A block of these bytes, which are not copied. */
  public Block(byte[] bytes) {
    this.bytes = bytes;
    if (bytes.length < BlockFormat.HEAD_BYTES) {
      count = 0;
      firstId = 0;
      entryEnds = new int[0];
      defect = "has " + bytes.length + " bytes, fewer than a block's head";
      return;
    }
    count = LittleEndian.getInt(bytes, BlockFormat.COUNT_OFFSET);
    firstId = LittleEndian.getLong(bytes, BlockFormat.FIRST_ID_OFFSET);
    int[] ends = ends(bytes, count);
    entryEnds = ends == null ? new int[0] : ends;
    if (ends == null) {
      defect = "has " + bytes.length + " bytes, which does not match its head";
    } else if (firstId < 1) {
      defect = "has the impossible first id " + firstId;
    } else if (LittleEndian.getInt(bytes, BlockFormat.CRC_OFFSET) != crc(bytes)) {
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
    return at == bytes.length ? ends : null;
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, BlockFormat.COUNT_OFFSET, bytes.length - BlockFormat.COUNT_OFFSET);
    return (int) crc.getValue();
  }

  /**
   * Number of entries in a block, from its first {@link BlockFormat#HEAD_BYTES} bytes at {@code
   * offset}, unchecked.
   */
  static int countOf(byte[] bytes, int offset) {
    return LittleEndian.getInt(bytes, offset + BlockFormat.COUNT_OFFSET);
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

  /** A copy of entry i's bytes. */
  public byte[] entry(int i) {
    byte[] entry = new byte[entryLength(i)];
    System.arraycopy(bytes, entryOffset(i), entry, 0, entry.length);
    return entry;
  }

  /**
   * Whether the buffer's remaining bytes are a block with a valid CRC32C. Used to read back what
   * was just written.
   */
  public static boolean crcMatches(ByteBuffer block) {
    if (block.remaining() < BlockFormat.HEAD_BYTES) {
      return false;
    }
    CRC32C crc = new CRC32C();
    int want = block.order(ByteOrder.LITTLE_ENDIAN).getInt(block.position());
    crc.update(block.duplicate().position(block.position() + BlockFormat.COUNT_OFFSET));
    return (int) crc.getValue() == want;
  }
}
