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
 * Prepares the newest segment for appending. It truncates an unfinished tail that a crash left
 * after the last complete block, logs what it removed, and keeps it in a file of its own. It forces
 * the rest, because the writer may have been killed before its force. Runs at every open; normally
 * there is nothing to truncate.
 *
 * <p>Only the newest segment can have an unfinished tail, because the sequencer begins a segment
 * only when all blocks of the previous one are forced.
 *
 * <p>A block that was being written when the process or the power failed has an incomplete header,
 * or pages that never reached the device. It was never acknowledged: an acknowledgement leaves only
 * after the force, and the force covers the complete block. Chronicle's own pointers (the write
 * position and the index) may have reached the device before the block they point to, so they are
 * reset too.
 */
public final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final DataDirectory directory;

  public Recovery(DataDirectory directory) {
    this.directory = directory;
  }

  /**
   * Makes the log end durably where {@code tail} says, so that it can be signed. The caller holds
   * the writer's lock.
   */
  public void truncate(Tail tail, Segments segments) throws IOException {
    // Chronicle recreates its table and locks from the segments.
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
          "{}: removed an unfinished tail of {} bytes, which was never acknowledged ({}), and moved"
              + " it to {}. The log continues after entry {}",
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
   * Corrects the write position in the closed segments that Chronicle reads: from the newest back
   * to the first that has its end mark.
   */
  private static void leadToEnds(Segments segments, Tail newest) throws IOException {
    List<String> names = segments.names();
    boolean closed = newest.stop() == SegmentCursor.Stop.END_OF_FILE;
    int i = names.size() - (closed ? 1 : 2);
    while (i >= 0 && !leadToEnd(segments, names.get(i))) {
      i--;
    }
  }

  /** Makes a segment's write position lead to its end; {@code false} without an end mark. */
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
          LOG.warn("{}: corrected the damaged write position", name);
          channel.force(true);
        }
      }
      return true;
    }
  }

  /**
   * Copies everything from {@code position} to the last byte that is not zero to a file in {@code
   * dropped/}.
   *
   * @return number of bytes copied
   */
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

  /** Clears all of Chronicle's pointers to or beyond the end. */
  private static void resetPointers(Path path, FileChannel channel, Tail tail) throws IOException {
    try (SegmentFile file = SegmentFile.open(path)) {
      ExcerptIndex index = ExcerptIndex.of(file);
      clearFrom(file, channel, index.topArray(), index, tail.position());
      int used = index.used(index.topArray());
      for (int i = 0; i < used; i++) {
        if (index.leadsAstray(i)) {
          LittleEndian.writeLong(channel, index.topArray() + (long) i * Long.BYTES, 0);
          LOG.warn("{}: cleared the damaged index of offsets", path.getFileName());
        }
      }
      for (int i = Math.max(0, used - 2); i < used; i++) {
        clearFrom(file, channel, index.array(i), index, tail.position());
      }
      if (WritePosition.of(file).lead(channel, tail.lastDocument())) {
        LOG.info("{}: reset the write position", path.getFileName());
      }
    }
  }

  /**
   * Clears the values of an array that are not before {@code end}, and corrects its count of used
   * values.
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
