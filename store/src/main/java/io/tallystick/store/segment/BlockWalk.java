package io.tallystick.store.segment;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks the blocks of the log from a given entry on, across segments and across damage: where a
 * segment is unreadable, it looks for the next readable block and records a gap. A writer may be
 * appending meanwhile. Used by one thread.
 */
public final class BlockWalk implements Closeable {
  /**
   * A place where no block could be read.
   *
   * @param expectedId the entry that was expected there
   * @param reason what is wrong, as a sentence without its full stop
   */
  public record Gap(long expectedId, String reason) {}

  private final Segments segments;
  private final List<String> names;
  private final List<Gap> gaps = new ArrayList<>();
  private int next;
  private @Nullable SegmentFile file;
  private @Nullable SegmentCursor cursor;
  private long expectedId;

  /**
   * Whether the last block's lengths were inconsistent, so that the length in its header may be
   * wrong too.
   */
  private boolean distrusted;

  private BlockWalk(Segments segments, List<String> names) {
    this.segments = segments;
    this.names = names;
  }

  /** A walk that begins with the block that holds the entry, or should hold it. */
  public static BlockWalk from(Segments segments, long id) throws IOException {
    segments.refresh();
    List<String> names = segments.names();
    BlockWalk walk = new BlockWalk(segments, names);
    walk.expectedId = id;
    int i = Math.max(0, segments.segmentOf(names, id));
    walk.next = i;
    if (i < names.size() && walk.openNext()) {
      Segments.Place place = segments.find(id);
      if (place != null && place.segment().equals(names.get(i)) && walk.file != null) {
        walk.cursor = new SegmentCursor(walk.file, place.position());
      }
    }
    return walk;
  }

  /** The next block; {@code null} at the end. */
  public @Nullable Block next() throws IOException {
    while (cursor != null || openNext()) {
      SegmentCursor here = cursor;
      if (here == null) {
        continue;
      }
      if (distrusted ? here.findNext() : here.next() || resynchronised(here)) {
        Block block = here.block();
        distrusted = block.count() == 0;
        if (!distrusted) {
          expectedId = block.lastId() + 1;
        }
        return block;
      }
      close();
    }
    return null;
  }

  /** Segment and offset of the last block. */
  public String where() {
    return file == null || cursor == null ? "" : file.name() + "@" + cursor.position();
  }

  /** File name of the segment that holds the last block. */
  String segment() {
    return file == null ? "" : file.name();
  }

  /** Offset of the last block in its segment. */
  long blockOffset() {
    return cursor == null ? 0 : cursor.position() + SegmentFile.HEADER_BYTES;
  }

  /** Gaps found since the last call. */
  public List<Gap> takeGaps() {
    List<Gap> taken = List.copyOf(gaps);
    gaps.clear();
    return taken;
  }

  private boolean openNext() throws IOException {
    close();
    if (next >= names.size()) {
      return false;
    }
    String name = names.get(next++);
    try {
      file = segments.open(name);
      cursor = new SegmentCursor(file, 0);
    } catch (NoSuchFileException e) {
      gaps.add(new Gap(expectedId, name + " disappeared while it was being read"));
    }
    return true;
  }

  private boolean resynchronised(SegmentCursor here) throws IOException {
    SegmentCursor.Stop stop = here.stop();
    long stopped = here.position();
    if (stop == SegmentCursor.Stop.END_OF_FILE || !here.findNext()) {
      if (stop == SegmentCursor.Stop.DAMAGED) {
        gaps.add(unreadable(stopped, "the rest of the segment"));
      }
      return false;
    }
    // A writer appends blocks in order. If there is one behind the place and the place is filled
    // now, the place was filled after this walk read it.
    if (here.lookAgain(stopped)) {
      return true;
    }
    gaps.add(unreadable(stopped, (here.position() - stopped) + " bytes"));
    return true;
  }

  private Gap unreadable(long position, String extent) {
    return new Gap(
        expectedId,
        (file == null ? "" : file.name())
            + "@"
            + position
            + ": no readable block where entry "
            + expectedId
            + " was expected; "
            + extent
            + " can't be read");
  }

  @Override
  public void close() throws IOException {
    cursor = null;
    distrusted = false;
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
