package io.tallystick.store.segment;

import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.DataDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares the newest segment for appending: what a crash left after the last whole block is taken
 * out, said, and kept in a file of its own. What stays is forced, for the writer that wrote it may
 * have been killed before its force. Runs at every open; on a good day there is nothing to take
 * out.
 *
 * <p>That the newest is enough relies on the sequencer: it begins a segment when all blocks of the
 * one before it are forced.
 *
 * <p>A block that was being written when the process or the power went has no complete header, or
 * pages that never reached the device, and nobody was told that it is there: a force returns before
 * an acknowledgement leaves, and a block is forced as a whole. Chronicle's own pointers (the write
 * position and the index) may have reached the device before the block they point to, so they are
 * set back too.
 */
public final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final DataDirectory directory;

  public Recovery(DataDirectory directory) {
    this.directory = directory;
  }

  /**
   * Makes the log end where {@code tail} says, durably, so that it can be signed. The caller holds
   * the writer's lock.
   */
  public void truncate(Tail tail, Segments segments) throws IOException {
    // Chronicle's directory listing and locks; it makes them anew from the segments.
    Files.deleteIfExists(directory.segments().resolve(ChronicleWriter.TABLE));
    if (tail.segment() == null) {
      return;
    }
    leadToEnds(segments, tail);
    Path path = directory.segments().resolve(tail.segment());
    if (tail.position() == 0) {
      setAside(path, 0);
      Files.delete(path);
      AtomicFile.forceDirectory(directory.segments());
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
    AtomicFile.forceDirectory(directory.segments());
  }

  /**
   * Sets the write position right in the closed segments that Chronicle looks at, from the newest
   * on until it finds one whose end is marked.
   */
  private static void leadToEnds(Segments segments, Tail newest) throws IOException {
    List<String> names = segments.names();
    boolean closed = newest.stop() == SegmentCursor.Stop.END_OF_FILE;
    int i = names.size() - (closed ? 1 : 2);
    while (i >= 0 && !leadToEnd(segments, names.get(i))) {
      i--;
    }
  }

  /** Has a segment's write position lead to its end; false if that is not marked. */
  private static boolean leadToEnd(Segments segments, String name) throws IOException {
    try (SegmentFile file = segments.open(name)) {
      WritePosition position = WritePosition.of(file);
      if (position.leadsToEndOfFile()) {
        return true;
      }
      Tail tail = Tail.of(file);
      if (tail.stop() != SegmentCursor.Stop.END_OF_FILE) {
        return false;
      }
      try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.WRITE)) {
        if (position.lead(channel, tail.lastDocument())) {
          LOG.warn("{}: the write position was damaged and is set anew", name);
          channel.force(true);
        }
      }
      return true;
    }
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
      OwnerOnly.createDirectories(directory.dropped());
      AtomicFile.forceDirectory(directory.root());
      Path copy =
          directory
              .dropped()
              .resolve(path.getFileName() + "@" + position + "." + System.currentTimeMillis());
      try (FileChannel out = OwnerOnly.open(copy, StandardOpenOption.CREATE_NEW)) {
        for (long at = position; at < end; at += buffer.length) {
          int n = file.read(at, buffer, 0, (int) Math.min(buffer.length, end - at));
          ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        }
        out.force(true);
      }
      AtomicFile.forceDirectory(directory.dropped());
      return end - position;
    }
  }

  /** Takes every pointer of Chronicle's to or behind the end out of the file. */
  private static void resetPointers(Path path, FileChannel channel, Tail tail) throws IOException {
    try (SegmentFile file = SegmentFile.open(path)) {
      ExcerptIndex index = ExcerptIndex.of(file);
      clearFrom(file, channel, index.topArray(), index, tail.position());
      int used = index.used(index.topArray());
      for (int i = 0; i < used; i++) {
        if (index.leadsAstray(i)) {
          LittleEndian.writeLong(channel, index.topArray() + (long) i * Long.BYTES, 0);
          LOG.warn("{}: the index of offsets was damaged and is begun anew", path.getFileName());
        }
      }
      for (int i = Math.max(0, used - 2); i < used; i++) {
        clearFrom(file, channel, index.array(i), index, tail.position());
      }
      if (WritePosition.of(file).lead(channel, tail.lastDocument())) {
        LOG.info("{}: the write position is set anew", path.getFileName());
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
      long pointer = LittleEndian.getLong(value, 0);
      if (pointer > 0 && pointer < end) {
        break;
      }
      LittleEndian.writeLong(channel, at, 0);
      kept--;
    }
    if (kept < used) {
      LittleEndian.writeLong(channel, array - Long.BYTES, kept);
    }
  }
}
