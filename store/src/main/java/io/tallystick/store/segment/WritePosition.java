package io.tallystick.store.segment;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * The write position in a segment's head: the offset of its last block. Chronicle Queue trusts it
 * without a check and writes the next block or the end mark behind whatever is there. So recovery
 * corrects it before Chronicle opens the segment.
 *
 * <pre>
 *   "writePosition", array of 2: i64 offset of the last block's header, i64 the same with its number, or 0
 * </pre>
 */
public final class WritePosition {
  private static final byte[] NAME = {
    'w', 'r', 'i', 't', 'e', 'P', 'o', 's', 'i', 't', 'i', 'o', 'n'
  };
  private static final int HEAD_BYTES = 256;

  private final SegmentFile file;

  /** Offset of the value in the file; -1 if the head is not as expected. */
  private final int at;

  private final long value;

  private WritePosition(SegmentFile file, int at, long value) {
    this.file = file;
    this.at = at;
    this.value = value;
  }

  static WritePosition of(SegmentFile file) throws IOException {
    byte[] head = new byte[HEAD_BYTES];
    int got = file.read(0, head, 0, head.length);
    for (int i = 0; i + NAME.length < got; i++) {
      if (Arrays.equals(head, i, i + NAME.length, NAME, 0, NAME.length)) {
        int at = ExcerptIndex.arrayAfter(head, i + NAME.length, 2);
        return new WritePosition(file, at, at < 0 ? 0 : LittleEndian.getLong(head, at));
      }
    }
    return new WritePosition(file, -1, 0);
  }

  /** Whether it leads to the last block before the end mark. */
  boolean leadsToEndOfFile() throws IOException {
    int header = word(value);
    boolean block = header > 0 && (header & SegmentFile.METADATA) == 0;
    return block && word(SegmentFile.after(value, header)) == SegmentFile.END_OF_FILE;
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

  /**
   * Makes it lead to this block, and clears the block's number beside it, so that Chronicle counts
   * again.
   *
   * @return whether it led elsewhere before
   */
  boolean lead(FileChannel channel, long block) throws IOException {
    if (at < 0 || value == block) {
      return false;
    }
    LittleEndian.writeLong(channel, at, block);
    LittleEndian.writeLong(channel, at + Long.BYTES, 0);
    return true;
  }
}
