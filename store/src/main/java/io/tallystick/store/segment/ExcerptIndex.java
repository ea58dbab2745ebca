package io.tallystick.store.segment;

import java.io.IOException;

/**
 * Chronicle's own index of a segment, which has the offset of every 256th block, read without
 * Chronicle. It is only a hint: its users check what it points to, and it is empty if the file's
 * head is not as expected.
 *
 * <pre>
 *   document "header"          Chronicle's settings, the write position
 *   document "index2index"     array of 4,096 offsets of index documents
 *   document "index"           array of 4,096 offsets of blocks; one for every 1,048,576 blocks
 *
 *   array: 0x8D, i64 capacity, i64 used, i64 x capacity
 * </pre>
 */
public final class ExcerptIndex {
  private static final int ARRAY = 0x8D;
  private static final int EVENT_NAME = 0xB9;
  private static final int PADDING = 0x8F;
  private static final int PADDING_32 = 0x8E;
  private static final int CAPACITY = 4096;

  private final SegmentFile file;
  private final long topArray;

  private ExcerptIndex(SegmentFile file, long topArray) {
    this.file = file;
    this.topArray = topArray;
  }

  /** The index of this segment. */
  static ExcerptIndex of(SegmentFile file) throws IOException {
    byte[] header = new byte[SegmentFile.HEADER_BYTES];
    long second = -1;
    if (file.read(0, header, 0, header.length) == header.length) {
      int word = LittleEndian.getInt(header, 0);
      if ((word & (SegmentFile.METADATA | SegmentFile.NOT_COMPLETE)) == SegmentFile.METADATA) {
        second = SegmentFile.after(0, word & SegmentFile.LENGTH_MASK);
      }
    }
    return new ExcerptIndex(file, second < 0 ? -1 : array(file, second, "index2index"));
  }

  /**
   * Offset of the first value of the array in the metadata document with this name; -1 if there is
   * none.
   */
  private static long array(SegmentFile file, long position, String name) throws IOException {
    byte[] head = new byte[64];
    int got = file.read(position, head, 0, head.length);
    if (position < 0 || (position & 3) != 0 || got < head.length) {
      return -1;
    }
    int word = LittleEndian.getInt(head, 0);
    if ((word & (SegmentFile.METADATA | SegmentFile.NOT_COMPLETE)) != SegmentFile.METADATA) {
      return -1;
    }
    int at = SegmentFile.HEADER_BYTES;
    if ((head[at++] & 0xFF) != EVENT_NAME || (head[at++] & 0xFF) != name.length()) {
      return -1;
    }
    for (int i = 0; i < name.length(); i++) {
      if (head[at++] != name.charAt(i)) {
        return -1;
      }
    }
    int first = arrayAfter(head, at, CAPACITY);
    return first < 0 ? -1 : position + first;
  }

  /**
   * Offset of the first value of the array that follows {@code at}, after padding; -1 if there is
   * none of this capacity.
   */
  static int arrayAfter(byte[] head, int at, long capacity) {
    while (at + 21 < head.length && (head[at] & 0xFF) != ARRAY) {
      switch (head[at] & 0xFF) {
        case PADDING -> at++;
        case PADDING_32 -> {
          int skip = LittleEndian.getInt(head, at + 1);
          if (skip < 0 || skip > 16) {
            return -1;
          }
          at += 5 + skip;
        }
        default -> {
          return -1;
        }
      }
    }
    at++;
    return at + 16 > head.length || LittleEndian.getLong(head, at) != capacity ? -1 : at + 16;
  }

  /**
   * Offset of the first value in the array of index documents; -1 if the file's head is not as
   * expected.
   */
  long topArray() {
    return topArray;
  }

  /** Offset of the first value of the array in index document {@code i}; -1 if there is none. */
  long array(int i) throws IOException {
    long document = i < CAPACITY ? value(topArray, i) : 0;
    return document <= 0 ? -1 : array(file, document, "index");
  }

  /** Whether the offset of index document {@code i} leads to something else. */
  boolean leadsAstray(int i) throws IOException {
    return value(topArray, i) != 0 && array(i) < 0;
  }

  /** Number of used values of an array, by its own count; 0 if that is beyond its capacity. */
  int used(long array) throws IOException {
    long used = array < 0 ? 0 : value(array, -1);
    return used < 0 || used > CAPACITY ? 0 : (int) used;
  }

  /**
   * Number of blocks in the index. 0 also if it counts more arrays than it has, because readers
   * would then search for millions of blocks that do not exist.
   */
  long size() throws IOException {
    int arrays = used(topArray);
    long last = arrays == 0 ? -1 : array(arrays - 1);
    return last < 0 ? 0 : (arrays - 1L) * CAPACITY + used(last);
  }

  /** Offset of the header of the k-th indexed block, counted from 0; 0 if there is none. */
  long position(long k) throws IOException {
    return value(array((int) (k / CAPACITY)), (int) (k % CAPACITY));
  }

  private long value(long array, int i) throws IOException {
    byte[] value = new byte[Long.BYTES];
    if (array < 0 || file.read(array + (long) i * Long.BYTES, value, 0, Long.BYTES) < Long.BYTES) {
      return 0;
    }
    return LittleEndian.getLong(value, 0);
  }
}
