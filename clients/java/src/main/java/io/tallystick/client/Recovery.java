package io.tallystick.client;

import io.tallystick.client.SpoolFiles.Contents;
import io.tallystick.client.SpoolFiles.Position;
import io.tallystick.client.SpoolFiles.Segment;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What an earlier client left in a spool.
 *
 * @param position up to where it was sent
 * @param segments those that are not sent in full, oldest first; empty in a new spool
 * @param waiting the events behind the position
 * @param lastSequence the source_seq of the last event, sent or not; 0 if there was none
 */
record Recovery(Position position, List<Segment> segments, int waiting, long lastSequence) {
  private static final System.Logger LOG = System.getLogger(Recovery.class.getPackageName());

  /**
   * Finds what was not sent, and truncates what was not written to its end.
   *
   * @throws IOException if the spool is damaged in another way, or of another stream
   */
  static Recovery of(Path directory, String stream) throws IOException {
    List<String> names = SpoolFiles.segmentNames(directory);
    Position position = position(directory, stream, names);
    List<Segment> segments = new ArrayList<>();
    int waiting = 0;
    long last = position.sourceSeq();
    for (String name : names) {
      Path path = directory.resolve(name);
      if (name.compareTo(position.segment()) < 0) {
        Files.delete(path); // sent, and not deleted because the process ended
        continue;
      }
      boolean isFirst = name.equals(position.segment());
      if (!isFirst && !name.equals(SpoolFiles.segmentName(last + 1))) {
        throw new IOException(
            "the file before " + name + " is missing; restore it, or move the spool away");
      }
      Contents found = SpoolFiles.scan(path, isFirst ? position.offset() : 0);
      if (found.torn() > 0) {
        if (!name.equals(names.get(names.size() - 1))) {
          throw new IOException(
              "the record at byte %d of %s is damaged; move the spool away to go on without it"
                  .formatted(found.size(), name));
        }
        truncate(path, found);
      }
      segments.add(new Segment(name, found.size()));
      waiting += found.records();
      last = Math.max(last, found.lastSequence());
    }
    boolean isNew =
        position.offset() == 0 && position.segment().equals(SpoolFiles.segmentName(last + 1));
    if (segments.isEmpty() ? !isNew : !segments.get(0).name().equals(position.segment())) {
      throw new IOException(position.segment() + " is missing; restore it, or move the spool away");
    }
    return new Recovery(position, segments, waiting, last);
  }

  /** What has been sent: nothing, in a new spool. */
  private static Position position(Path directory, String stream, List<String> names)
      throws IOException {
    Path path = directory.resolve(SpoolFiles.POSITION);
    if (!Files.exists(path) && names.isEmpty()) {
      Position start = new Position(stream, SpoolFiles.segmentName(1), 0, 0);
      SpoolFiles.replace(path, start.toBytes());
      return start;
    }
    if (!Files.exists(path)) {
      throw new IOException(
          SpoolFiles.POSITION + " is missing; restore it, or move the spool away");
    }
    Position read = Position.read(path);
    if (!read.stream().equals(stream)) {
      throw new IOException(
          "its events are those of the stream \"%s\", not \"%s\"; use a spool for each stream"
              .formatted(read.stream(), stream));
    }
    return read;
  }

  /**
   * Removes what a crash left of records whose append never returned. The bytes are kept beside the
   * segment, should they be something else.
   */
  private static void truncate(Path segment, Contents found) throws IOException {
    Path kept = segment.resolveSibling(segment.getFileName() + ".torn-" + found.size());
    byte[] data = Files.readAllBytes(segment);
    SpoolFiles.replace(kept, Arrays.copyOfRange(data, (int) found.size(), data.length));
    LOG.log(
        System.Logger.Level.WARNING,
        "the spool had an unfinished record of {0} bytes at its end, kept in {1}",
        found.torn(),
        kept);
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      file.setLength(found.size());
    }
  }
}
