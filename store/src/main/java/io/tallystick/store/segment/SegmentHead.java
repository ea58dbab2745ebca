package io.tallystick.store.segment;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Chronicle Queue keeps in a segment before its first block: its settings, the write position
 * and its index. Chronicle trusts all of it without a check. It writes the next block or the end
 * mark behind what the write position leads to, and without padding where it does not find the
 * version of its format. So recovery corrects it before Chronicle opens the segment.
 *
 * <pre>
 *   000000  document "header"        settings; i64 x 2 write position; i64 next number for the index
 *   0000c8  document "index2index"   array of 4,096 offsets, the first one 0080f0
 *   0080f0  document "index"         array of 4,096 offsets
 *   010110  the first block
 * </pre>
 *
 * Used by one thread.
 */
final class SegmentHead {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentHead.class);

  /** Offset of the first block. Where a crash tore a head, it may be elsewhere. */
  static final long FIRST_BLOCK = 0x10110;

  private static final int WRITE_POSITION = 0x40;
  private static final int NEXT_TO_INDEX = 0xB0;
  private static final int INDEX_TO_INDEX = 0xC8;
  private static final int INDEX = 0x80F0;
  private static final int CAPACITY = 4096;
  private static final int SPACING = 256;

  /** Bytes that are the same in every segment. */
  private static final class Fixed {
    final int at;
    final byte[] bytes;

    private Fixed(int at, byte[] bytes) {
      this.at = at;
      this.bytes = bytes;
    }

    static Fixed of(int at, Consumer<ByteBuffer> content) {
      ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
      content.accept(bytes);
      return new Fixed(at, Arrays.copyOf(bytes.array(), bytes.position()));
    }
  }

  private static final List<Fixed> SETTINGS =
      List.of(
          Fixed.of(
              0,
              out -> {
                name(out.putInt(SegmentFile.METADATA | 0xC1), 0xB9, "header");
                name(out, 0xB6, "SCQStore").put((byte) 0x82).putInt(0xAA);
                field(out, "writePosition").put((byte) 0x8E).putInt(1).put((byte) 0);
                out.put((byte) 0x8D).putLong(2).putLong(2);
              }),
          Fixed.of(
              WRITE_POSITION + 2 * Long.BYTES,
              out -> {
                name(field(out, "indexing"), 0xB6, "SCQSIndexing").put((byte) 0x82).putInt(0x4C);
                field(out, "indexCount").put((byte) 0xA5).putShort((short) CAPACITY);
                field(out, "indexSpacing").put((byte) 0xA5).putShort((short) SPACING);
                field(out, "index2Index").put((byte) 0x8F).put((byte) 0xA7).putLong(INDEX_TO_INDEX);
                field(out, "lastIndex").put((byte) 0x8E).putInt(0).put((byte) 0xA7);
              }),
          Fixed.of(
              NEXT_TO_INDEX + Long.BYTES,
              out -> {
                // The version. Where it is not 1, Chronicle does not pad.
                field(out, "dataFormat").put((byte) 0xA1).put((byte) 1);
                out.position(INDEX_TO_INDEX - NEXT_TO_INDEX - Long.BYTES);
                name(out.putInt(SegmentFile.METADATA | 0x8024), 0xB9, "index2index");
                out.put((byte) 0x8E).putInt(1).put((byte) 0).put((byte) 0x8D).putLong(CAPACITY);
              }));

  private static final List<Fixed> FIRST_INDEX =
      List.of(
          Fixed.of(INDEX_TO_INDEX + 0x28, out -> out.putLong(INDEX)),
          Fixed.of(
              INDEX,
              out -> {
                name(out.putInt(SegmentFile.METADATA | 0x801C), 0xB9, "index");
                out.putInt(0x8F8F8F8F).put((byte) 0x8D).putLong(CAPACITY);
              }));

  private final SegmentFile file;

  SegmentHead(SegmentFile file) {
    this.file = file;
  }

  private static ByteBuffer name(ByteBuffer out, int code, String name) {
    return out.put((byte) code)
        .put((byte) name.length())
        .put(name.getBytes(StandardCharsets.US_ASCII));
  }

  private static ByteBuffer field(ByteBuffer out, String name) {
    return out.put((byte) (0xC0 + name.length())).put(name.getBytes(StandardCharsets.US_ASCII));
  }

  /** Offset of the last document's header, by the head itself. */
  long writePosition() throws IOException {
    return longAt(WRITE_POSITION);
  }

  /**
   * The end mark's offset, if the write position leads to the last block before it; otherwise -1.
   */
  long endOfFile() throws IOException {
    long position = writePosition();
    int header = word(position);
    if (header <= 0 || (header & SegmentFile.METADATA) != 0) {
      return -1;
    }
    long end = SegmentFile.after(position, header);
    return word(end) == SegmentFile.END_OF_FILE ? end : -1;
  }

  /** The four bytes at an offset; 0 if there are none. */
  private int word(long position) throws IOException {
    byte[] word = new byte[SegmentFile.HEADER_BYTES];
    boolean there =
        position > 0
            && (position & 3) == 0
            && file.read(position, word, 0, word.length) == word.length;
    return there ? LittleEndian.getInt(word, 0) : 0;
  }

  private long longAt(long position) throws IOException {
    byte[] value = new byte[Long.BYTES];
    return file.read(position, value, 0, value.length) < value.length
        ? 0
        : LittleEndian.getLong(value, 0);
  }

  /** Whether there is a whole block at this offset. */
  static boolean isBlock(SegmentFile file, long position) throws IOException {
    SegmentCursor probe = new SegmentCursor(file, position);
    return probe.next() && probe.position() == position && probe.block().defect() == null;
  }

  /**
   * Corrects the head of a segment that has blocks.
   *
   * @param lastDocument offset of the last document's header
   * @param end offset at which the next header is or would be
   * @param open whether Chronicle will append here; then it is to count the blocks again
   * @return whether something was changed
   */
  boolean correct(FileChannel channel, long lastDocument, long end, boolean open)
      throws IOException {
    boolean changed = restore(channel, SETTINGS);
    if (isBlock(file, FIRST_BLOCK)) {
      changed |= restore(channel, FIRST_INDEX);
    }
    changed |= correctIndex(channel, end);
    if (writePosition() != lastDocument) {
      LOG.warn("{}: corrected the write position", file.name());
      LittleEndian.writeLong(channel, WRITE_POSITION, lastDocument);
      changed = true;
      open = true;
    }
    if (open) {
      // Beside it is the last block's number, which nothing confirms.
      changed |= set(channel, WRITE_POSITION + Long.BYTES, 0);
    }
    return changed;
  }

  private boolean restore(FileChannel channel, List<Fixed> parts) throws IOException {
    boolean changed = false;
    for (Fixed part : parts) {
      byte[] found = new byte[part.bytes.length];
      file.read(part.at, found, 0, found.length);
      int different = Arrays.mismatch(found, part.bytes);
      if (different >= 0) {
        LOG.warn("{}@{}: corrected Chronicle's damaged head", file.name(), part.at + different);
        ByteBuffer bytes = ByteBuffer.wrap(part.bytes);
        while (bytes.hasRemaining()) {
          channel.write(bytes, part.at + bytes.position());
        }
        changed = true;
      }
    }
    return changed;
  }

  /** Clears what leads nowhere in the index, or to or behind the end, and corrects its counts. */
  private boolean correctIndex(FileChannel channel, long end) throws IOException {
    ExcerptIndex index = ExcerptIndex.of(file);
    long top = index.topArray();
    if (top < 0) {
      return false;
    }
    boolean changed = false;
    long[] arrays = values(top);
    for (int i = 0; i < CAPACITY; i++) {
      if (arrays[i] != 0 && (arrays[i] < 0 || arrays[i] >= end || index.leadsAstray(i))) {
        changed |= clear(channel, top, i, end, arrays[i]);
        arrays[i] = 0;
      }
    }
    int used = used(arrays);
    changed |= set(channel, top - Long.BYTES, used);
    for (int i = Math.max(0, used - 2); i < used; i++) {
      long array = index.array(i);
      if (array < 0) {
        continue;
      }
      long[] blocks = values(array);
      int kept = used(blocks);
      // What is before the last one that leads to a block, Chronicle does not follow to append.
      while (kept > 0 && !(blocks[kept - 1] < end && isBlock(file, blocks[kept - 1]))) {
        kept--;
        changed |= blocks[kept] != 0 && clear(channel, array, kept, end, blocks[kept]);
      }
      changed |= set(channel, array - Long.BYTES, kept);
      if (i == used - 1) {
        long next = ((long) i * CAPACITY + kept) * SPACING;
        changed |= set(channel, NEXT_TO_INDEX, next);
      }
    }
    return changed;
  }

  private boolean clear(FileChannel channel, long array, int i, long end, long value)
      throws IOException {
    if (value < end) {
      LOG.warn("{}: cleared a damaged offset in Chronicle's index: {}", file.name(), value);
    }
    LittleEndian.writeLong(channel, array + (long) i * Long.BYTES, 0);
    return true;
  }

  private boolean set(FileChannel channel, long at, long value) throws IOException {
    if (longAt(at) == value) {
      return false;
    }
    LittleEndian.writeLong(channel, at, value);
    return true;
  }

  private long[] values(long array) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(CAPACITY * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    file.read(array, bytes.array(), 0, bytes.capacity());
    long[] values = new long[CAPACITY];
    bytes.asLongBuffer().get(values);
    return values;
  }

  private static int used(long[] values) {
    int used = values.length;
    while (used > 0 && values[used - 1] == 0) {
      used--;
    }
    return used;
  }
}
