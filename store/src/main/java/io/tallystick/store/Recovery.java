package io.tallystick.store;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares the newest segment for appending: what a crash left after the last whole block is taken
 * out, said, and kept in a file of its own. What stays is forced, for the writer that wrote it may
 * have been killed before its force. Runs at every open; on a good day there is nothing to take
 * out.
 *
 * <p>That the newest is enough relies on the sequencer: it begins a segment when all blocks of the
 * one before it are forced ({@link Committer#awaitForced}).
 *
 * <p>A block that was being written when the process or the power went has no complete header, or
 * pages that never reached the device, and nobody was told that it is there: a force returns before
 * an acknowledgement leaves, and a block is forced as a whole. Chronicle's own pointers (the write
 * position and the index) may have reached the device before the block they point to, so they are
 * set back too.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final byte[] WRITE_POSITION = {
    'w', 'r', 'i', 't', 'e', 'P', 'o', 's', 'i', 't', 'i', 'o', 'n'
  };

  private final DataDirectory directory;

  Recovery(DataDirectory directory) {
    this.directory = directory;
  }

  /**
   * Makes the log end where {@code tail} says, durably, so that it can be signed. The caller holds
   * the writer's lock.
   */
  void cut(Tail tail) throws IOException {
    // Chronicle's directory listing and locks; it makes them anew from the segments.
    Files.deleteIfExists(directory.segments().resolve("metadata.cq4t"));
    if (tail.segment() == null) {
      return;
    }
    Path path = directory.segments().resolve(tail.segment());
    if (tail.position() == 0) {
      setAside(path, 0);
      Files.delete(path);
      SmallFile.forceDirectory(directory.segments());
      return;
    }
    boolean closed = tail.stop() == SegmentCursor.Stop.END_OF_FILE;
    long dropped = closed ? 0 : setAside(path, tail.position());
    if (dropped > 0) {
      LOG.warn(
          "{} ends with {} bytes that were being written when the log stopped and that nobody was told of ({}); they were"
              + " moved to {}. The log goes on after entry {}",
          tail.segment(),
          dropped,
          tail.defect() == null ? tail.stop() : "a block that " + tail.defect(),
          directory.dropped(),
          tail.lastId());
    }
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (!closed) {
        channel.truncate(tail.position());
        resetPointers(path, channel, tail);
      }
      channel.force(true);
    }
    SmallFile.forceDirectory(directory.segments());
  }

  /** Copies what is not zero from {@code position} on to a file of its own; the number of bytes. */
  private long setAside(Path path, long position) throws IOException {
    long end = position;
    byte[] buffer = new byte[1 << 20];
    byte[] zeros = new byte[buffer.length];
    try (SegmentFile file = SegmentFile.open(path)) {
      for (long at = position; at < file.size(); at += buffer.length) {
        int n = file.read(at, buffer, 0, buffer.length);
        int used = n;
        if (Arrays.mismatch(buffer, 0, n, zeros, 0, n) < 0) {
          continue;
        }
        while (buffer[used - 1] == 0) {
          used--;
        }
        end = at + used;
      }
      if (end == position) {
        return 0;
      }
      Files.createDirectories(directory.dropped());
      SmallFile.forceDirectory(directory.root());
      Path copy =
          directory
              .dropped()
              .resolve(path.getFileName() + "@" + position + "." + System.currentTimeMillis());
      try (FileChannel out =
          FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        for (long at = position; at < end; at += buffer.length) {
          int n = file.read(at, buffer, 0, (int) Math.min(buffer.length, end - at));
          ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        }
        out.force(true);
      }
      SmallFile.forceDirectory(directory.dropped());
      return end - position;
    }
  }

  /** Takes every pointer of Chronicle's to or behind the end out of the file. */
  private static void resetPointers(Path path, FileChannel channel, Tail tail) throws IOException {
    try (SegmentFile file = SegmentFile.open(path)) {
      ExcerptIndex index = ExcerptIndex.of(file);
      clearFrom(file, channel, index.topArray(), index, tail.position());
      for (int i = Math.max(0, index.used(index.topArray()) - 2);
          i < index.used(index.topArray());
          i++) {
        clearFrom(file, channel, index.array(i), index, tail.position());
      }
      long value = writePosition(file);
      if (value > 0) {
        byte[] position = new byte[Long.BYTES];
        file.read(value, position, 0, Long.BYTES);
        if ((long) LONG.get(position, 0) > tail.lastDocument()) {
          writeLong(channel, value, tail.lastDocument());
          writeLong(channel, value + Long.BYTES, 0);
        }
      }
    }
  }

  /**
   * Clears the values of an array that are not before {@code end}, and corrects the number that are
   * used.
   */
  private static void clearFrom(
      SegmentFile file, FileChannel channel, long array, ExcerptIndex index, long end)
      throws IOException {
    int used = index.used(array);
    int kept = used;
    byte[] value = new byte[Long.BYTES];
    while (kept > 0) {
      long at = array + (kept - 1L) * Long.BYTES;
      file.read(at, value, 0, Long.BYTES);
      long pointer = (long) LONG.get(value, 0);
      if (pointer > 0 && pointer < end) {
        break;
      }
      writeLong(channel, at, 0);
      kept--;
    }
    if (kept < used) {
      writeLong(channel, array - Long.BYTES, kept);
    }
  }

  /** Offset of the write position in the file's first document; -1 if it is not there. */
  private static long writePosition(SegmentFile file) throws IOException {
    byte[] head = new byte[256];
    int got = file.read(0, head, 0, head.length);
    for (int i = 0; i + WRITE_POSITION.length < got; i++) {
      if (java.util.Arrays.equals(
          head, i, i + WRITE_POSITION.length, WRITE_POSITION, 0, WRITE_POSITION.length)) {
        return ExcerptIndex.arrayAfter(head, i + WRITE_POSITION.length, 2);
      }
    }
    return -1;
  }

  private static void writeLong(FileChannel channel, long position, long value) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(value).flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer, position + buffer.position());
    }
  }
}
