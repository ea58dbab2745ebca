package io.tallystick.store.segment;

import java.io.IOException;
import java.util.Arrays;

/**
 * Walks the blocks of one segment in order and skips metadata documents. No content of the file
 * makes it fail: it stops, and {@link #stop()} says why. Used by one thread.
 */
public final class SegmentCursor {
  /** Why a cursor stopped. */
  public enum Stop {
    /** It did not stop: there is a block. */
    NONE,
    /** Nothing is written here yet. */
    END,
    /** Chronicle closed the file here; the log continues in the next one. */
    END_OF_FILE,
    /** A block was being written here when the writer died; it has no length. */
    UNFINISHED,
    /** The header is invalid, or its block would extend beyond the end of the file. */
    DAMAGED
  }

  /** First byte of each of Chronicle's metadata documents: the code for a name. */
  private static final int NAME = 0xB9;

  private static final int READ_AHEAD_BYTES = 64 << 10;
  private static final byte[] ZEROS = new byte[READ_AHEAD_BYTES];
  private static final int HEAD_ONLY_BYTES = SegmentFile.HEADER_BYTES + BlockFormat.HEAD_BYTES;

  private final SegmentFile file;
  private byte[] window = new byte[HEAD_ONLY_BYTES];
  private long windowStart;
  private int windowLength;

  private long position;
  private int length;
  private long lastDocument;
  private Stop stop = Stop.NONE;
  private boolean started;

  /** A cursor that begins with the document whose header is at this offset. */
  public SegmentCursor(SegmentFile file, long position) {
    this.file = file;
    this.position = position;
  }

  /**
   * Moves to the next block; {@code false} if there is none, see {@link #stop()}. May be called
   * again at the end, when the writer may have appended.
   */
  public boolean next() throws IOException {
    long at = position;
    if (started && stop == Stop.NONE) {
      lastDocument = position;
      at = SegmentFile.after(position, length);
    }
    started = true;
    while (true) {
      position = at;
      if ((at & 3) != 0 || at < 0) {
        return stopped(Stop.DAMAGED);
      }
      if (stop != Stop.NONE) {
        windowLength = 0;
      }
      if (!load(at, SegmentFile.HEADER_BYTES)) {
        return stopped(Stop.END);
      }
      int header = LittleEndian.getInt(window, (int) (at - windowStart));
      if (header == 0) {
        return stopped(Stop.END);
      }
      if (header == SegmentFile.END_OF_FILE) {
        return stopped(Stop.END_OF_FILE);
      }
      if ((header & SegmentFile.NOT_COMPLETE) != 0) {
        return stopped(Stop.UNFINISHED);
      }
      length = header & SegmentFile.LENGTH_MASK;
      if (length > BlockFormat.MAX_BLOCK_BYTES
          || at + SegmentFile.HEADER_BYTES + length > file.size()) {
        return stopped(Stop.DAMAGED);
      }
      if ((header & SegmentFile.METADATA) == 0) {
        stop = Stop.NONE;
        return true;
      }
      if (!load(at + SegmentFile.HEADER_BYTES, 1)
          || (window[(int) (at + SegmentFile.HEADER_BYTES - windowStart)] & 0xFF) != NAME) {
        return stopped(Stop.DAMAGED);
      }
      lastDocument = at;
      at = SegmentFile.after(at, length);
    }
  }

  /**
   * Searches for the next intact block after the place where the cursor stopped, at every possible
   * offset.
   *
   * @return {@code false} if the rest of the file has none; the cursor stays where it stopped
   */
  public boolean findNext() throws IOException {
    int needed = SegmentFile.HEADER_BYTES + BlockFormat.HEAD_BYTES;
    long size = file.size();
    length = 0;
    for (long at = (position + 4) & ~3L; load(at, needed); at += 4) {
      int offset = (int) (at - windowStart);
      int header = LittleEndian.getInt(window, offset);
      if (header == 0) {
        at += Math.max(0, (zeros(offset) & ~3) - 4);
        continue;
      }
      if (header < needed || header > BlockFormat.MAX_BLOCK_BYTES || at + header > size) {
        continue;
      }
      int head = offset + SegmentFile.HEADER_BYTES;
      int count = Block.countOf(window, head);
      if (count < 1 || count > BlockFormat.MAX_ENTRIES || Block.firstIdOf(window, head) < 1) {
        continue;
      }
      SegmentCursor found = new SegmentCursor(file, at);
      if (found.next() && found.position() == at && found.block().defect() == null) {
        position = at;
        length = header;
        stop = Stop.NONE;
        return true;
      }
    }
    return false;
  }

  /**
   * Returns to a place where the cursor stopped if a block was written there since; {@code false}
   * if there is none, and the cursor stays.
   */
  boolean lookAgain(long stopped) throws IOException {
    SegmentCursor again = new SegmentCursor(file, stopped);
    if (!again.next()) {
      return false;
    }
    position = again.position;
    length = again.length;
    windowLength = 0;
    stop = Stop.NONE;
    return true;
  }

  /** Number of zero bytes in the window from this offset on; most of a segment is empty. */
  private int zeros(int offset) {
    int different = Arrays.mismatch(window, offset, windowLength, ZEROS, 0, windowLength - offset);
    return different < 0 ? windowLength - offset : different;
  }

  private boolean stopped(Stop why) {
    stop = why;
    return false;
  }

  /** Offset of the current block's header, or the place where the cursor stopped. */
  public long position() {
    return position;
  }

  /**
   * Offset of the header of the last document that was passed, metadata or block; 0 if none was.
   */
  long lastDocument() {
    return lastDocument;
  }

  /** Size of the current block in bytes. */
  int length() {
    return length;
  }

  Stop stop() {
    return stop;
  }

  /** Number of entries by the current block's head, unchecked; 0 if it is too short for a head. */
  public int count() throws IOException {
    return loadHead() ? Block.countOf(window, headOffset()) : 0;
  }

  /**
   * Id of the first entry by the current block's head, unchecked; 0 if it is too short for a head.
   */
  long firstId() throws IOException {
    return loadHead() ? Block.firstIdOf(window, headOffset()) : 0;
  }

  private boolean loadHead() throws IOException {
    return length >= BlockFormat.HEAD_BYTES
        && load(position + SegmentFile.HEADER_BYTES, BlockFormat.HEAD_BYTES);
  }

  private int headOffset() {
    return (int) (position + SegmentFile.HEADER_BYTES - windowStart);
  }

  /** Reads the complete current block. */
  public Block block() throws IOException {
    byte[] bytes = new byte[length];
    long start = position + SegmentFile.HEADER_BYTES;
    if (start >= windowStart && start + length <= windowStart + windowLength) {
      System.arraycopy(window, (int) (start - windowStart), bytes, 0, length);
      return new Block(bytes);
    }
    int read = file.read(start, bytes, 0, length);
    return new Block(read == length ? bytes : Arrays.copyOf(bytes, read));
  }

  /** Loads {@code [at, at + bytes)} into the window; {@code false} if the file ends before. */
  private boolean load(long at, int bytes) throws IOException {
    if (at >= windowStart && at + bytes <= windowStart + windowLength) {
      return true;
    }
    // Reading ahead pays off where several documents fit into the window and are read in order;
    // over large ones a cursor hops from head to head.
    boolean ahead = windowLength > 0 && length <= READ_AHEAD_BYTES / 4;
    int wanted = ahead ? READ_AHEAD_BYTES : Math.max(bytes, HEAD_ONLY_BYTES);
    if (window.length < wanted) {
      window = new byte[wanted];
    }
    windowStart = at;
    windowLength = file.read(at, window, 0, wanted);
    return windowLength >= bytes;
  }
}
