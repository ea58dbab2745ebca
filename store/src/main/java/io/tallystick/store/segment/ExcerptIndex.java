package io.tallystick.store.segment;

import java.io.IOException;

/**
 * Chronicle's own index of a segment: the offsets of every 256th block, read without Chronicle. It
 * is a hint and nothing else: what it points to is checked by whoever uses it, and where the file's
 * head is not as expected it is empty.
 *
 * <pre>
 *   document "header"          Chronicle's settings, the write position
 *   document "index2index"     array of 4,096 offsets of index documents
 *   document "index"           array of 4,096 offsets of blocks; there is one after every 1,048,576 blocks
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
   * Offset of the first value of the array in the metadata document of this name; -1 if there is
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
   * Where the array that follows {@code at}, after padding, has its first value; -1 if there is
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
   * Where the array of offsets of index documents has its first value; -1 if the file's head is not
   * as expected.
   */
  long topArray() {
    return topArray;
  }

  /**
   * Where the array that index document {@code i} holds has its first value; -1 if there is none.
   */
  long array(int i) throws IOException {
    long document = i < CAPACITY ? value(topArray, i) : 0;
    return document <= 0 ? -1 : array(file, document, "index");
  }

  /** Whether there should be an index document {@code i}, and there is none where it should be. */
  boolean leadsAstray(int i) throws IOException {
    return value(topArray, i) != 0 && array(i) < 0;
  }

  /** Number of values that an array says are used, between 0 and its capacity. */
  int used(long array) throws IOException {
    long used = array < 0 ? 0 : value(array, -1);
    return used < 0 || used > CAPACITY ? 0 : (int) used;
  }

  /**
   * Number of blocks that the index knows; 0 also where it says that it has more arrays than it
   * has, for millions of blocks that are not there would be looked for.
   */
  long size() throws IOException {
    int arrays = used(topArray);
    long last = arrays == 0 ? -1 : array(arrays - 1);
    return last < 0 ? 0 : (arrays - 1L) * CAPACITY + used(last);
  }

  /** Offset of the header of the k-th indexed block, from 0; 0 if there is none. */
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
