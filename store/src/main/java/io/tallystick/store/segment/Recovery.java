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
    correctClosed(segments, tail);
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
        try (SegmentFile file = SegmentFile.open(path)) {
          new SegmentHead(file).correct(channel, tail.lastDocument(), tail.position(), true);
        }
      }
      channel.force(true);
    }
    AtomicFile.forceDirectory(directory.segments());
  }

  /**
   * Corrects the heads of the closed segments that Chronicle reads: from the newest back to the
   * first that has its end mark.
   */
  private static void correctClosed(Segments segments, Tail newest) throws IOException {
    List<String> names = segments.names();
    boolean closed = newest.stop() == SegmentCursor.Stop.END_OF_FILE;
    int i = names.size() - (closed ? 1 : 2);
    while (i >= 0 && !correctClosed(segments, names.get(i))) {
      i--;
    }
  }

  /** Corrects a segment's head; {@code false} if the segment has no end mark. */
  private static boolean correctClosed(Segments segments, String name) throws IOException {
    try (SegmentFile file = segments.open(name)) {
      SegmentHead head = new SegmentHead(file);
      long last = head.writePosition();
      long end = head.endOfFile();
      if (end < 0) {
        Tail tail = Tail.of(file);
        if (tail.stop() != SegmentCursor.Stop.END_OF_FILE) {
          return false;
        }
        last = tail.lastDocument();
        end = tail.position();
      }
      try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.WRITE)) {
        if (head.correct(channel, last, end, false)) {
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
}
