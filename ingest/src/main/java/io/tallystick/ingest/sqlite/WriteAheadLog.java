package io.tallystick.ingest.sqlite;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pages that committed transactions have written to {@code FILE-wal} and that are not in the
 * database file yet. Frames whose salt or checksum is not that of the log are left over from an
 * earlier one, and end it. Used by one thread.
 */
final class WriteAheadLog implements Closeable {
  private static final int HEADER_BYTES = 32;
  private static final int FRAME_HEADER_BYTES = 24;
  private static final int CHECKED_OF_FRAME_HEADER = 8;
  private static final int MAGIC = 0x377f0682;

  private final PageFile file;
  private final int pageBytes;
  private final Map<Integer, Long> offsets;
  private final int pages;

  private WriteAheadLog(PageFile file, int pageBytes, Map<Integer, Long> offsets, int pages) {
    this.file = file;
    this.pageBytes = pageBytes;
    this.offsets = offsets;
    this.pages = pages;
  }

  /** The log beside a database; {@code null} if nothing in it counts. */
  static @Nullable WriteAheadLog open(Path path, int pageBytes) throws IOException {
    if (!Files.isRegularFile(path) || Files.size(path) < HEADER_BYTES) {
      return null;
    }
    PageFile file = new PageFile(path);
    try {
      ByteBuffer header = ByteBuffer.wrap(file.read(0, HEADER_BYTES));
      int magic = header.getInt();
      if ((magic & ~1) != MAGIC || header.getInt(8) != pageBytes) {
        file.close();
        return null;
      }
      ByteOrder order = (magic & 1) == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
      Checksum sum = new Checksum(order);
      sum.add(header.array(), 0, FRAME_HEADER_BYTES);
      if (!sum.is(header.getInt(24), header.getInt(28))) {
        file.close();
        return null;
      }
      return scanned(file, Files.size(path), pageBytes, header.getLong(16), sum);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static @Nullable WriteAheadLog scanned(
      PageFile file, long size, int pageBytes, long salt, Checksum sum) throws IOException {
    Map<Integer, Long> committed = new HashMap<>();
    Map<Integer, Long> open = new HashMap<>();
    int pages = 0;
    int frameBytes = FRAME_HEADER_BYTES + pageBytes;
    for (long at = HEADER_BYTES; at + frameBytes <= size; at += frameBytes) {
      byte[] bytes = file.read(at, frameBytes);
      ByteBuffer frame = ByteBuffer.wrap(bytes);
      sum.add(bytes, 0, CHECKED_OF_FRAME_HEADER);
      sum.add(bytes, FRAME_HEADER_BYTES, pageBytes);
      if (frame.getLong(8) != salt || !sum.is(frame.getInt(16), frame.getInt(20))) {
        break;
      }
      open.put(frame.getInt(0), at + FRAME_HEADER_BYTES);
      int sizeAfterCommit = frame.getInt(4);
      if (sizeAfterCommit != 0) {
        committed.putAll(open);
        open.clear();
        pages = sizeAfterCommit;
      }
    }
    if (pages == 0) {
      file.close();
      return null;
    }
    return new WriteAheadLog(file, pageBytes, committed, pages);
  }

  /** How many pages the database has with it. */
  int pages() {
    return pages;
  }

  /** A page; {@code null} if the one in the database file counts. */
  byte @Nullable [] page(int number) throws IOException {
    Long offset = offsets.get(number);
    return offset == null ? null : file.read(offset, pageBytes);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** SQLite's checksum of a write-ahead log. */
  private static final class Checksum {
    private final ByteOrder order;
    private int first;
    private int second;

    Checksum(ByteOrder order) {
      this.order = order;
    }

    void add(byte[] bytes, int from, int length) {
      ByteBuffer words = ByteBuffer.wrap(bytes, from, length).order(order);
      while (words.remaining() >= Long.BYTES) {
        first += words.getInt() + second;
        second += words.getInt() + first;
      }
    }

    boolean is(int expectedFirst, int expectedSecond) {
      return first == expectedFirst && second == expectedSecond;
    }
  }
}
