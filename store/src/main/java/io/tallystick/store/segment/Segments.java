package io.tallystick.store.segment;

import io.tallystick.store.files.AtomicFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a log, oldest first, and the search for the block that holds an id. Memory is one
 * number per segment and nothing per entry. Safe for any number of threads.
 */
public final class Segments {
  private final Path directory;

  /** Id of the first entry of each segment, by file name; it never changes. */
  private final Map<String, Long> firstIds = new ConcurrentHashMap<>();

  private volatile List<String> names = List.of();

  public Segments(Path directory) {
    this.directory = directory;
  }

  /** The place of a block. */
  record Place(String segment, long position) {
    @Override
    public String toString() {
      return segment + "@" + position;
    }
  }

  /** A block and its place. */
  record Found(Place place, Block block) {}

  /** Lists the directory again to see new and deleted segments. */
  public void refresh() throws IOException {
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(directory, "*" + SegmentFile.SUFFIX)) {
      for (Path file : files) {
        found.add(String.valueOf(file.getFileName()));
      }
    }
    Collections.sort(found);
    firstIds.keySet().retainAll(found);
    names = List.copyOf(found);
  }

  /** File names of the segments, oldest first, as of the last {@link #refresh()}. */
  public List<String> names() {
    return names;
  }

  public Path directory() {
    return directory;
  }

  public SegmentFile open(String name) throws IOException {
    return SegmentFile.open(directory.resolve(name));
  }

  /** Id of the segment's first entry, from its first block; 0 if it has none or is unreadable. */
  public long firstId(String name) throws IOException {
    Long known = firstIds.get(name);
    if (known != null) {
      return known;
    }
    try (SegmentFile file = open(name)) {
      SegmentCursor cursor = new SegmentCursor(file, 0);
      long first = cursor.next() ? cursor.firstId() : 0;
      if (first > 0) {
        firstIds.put(name, first);
      }
      return first;
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /**
   * Deletes the segments whose entries are all before {@code firstId}, the oldest first, so that a
   * crash leaves no gap.
   */
  public void deleteBefore(long firstId) throws IOException {
    refresh();
    List<String> all = names();
    boolean deleted = false;
    for (int i = 0; i + 1 < all.size(); i++) {
      long next = 0;
      for (int j = i + 1; j < all.size() && next == 0; j++) {
        next = firstId(all.get(j));
      }
      if (next == 0 || next > firstId) {
        break;
      }
      Files.deleteIfExists(directory.resolve(all.get(i)));
      deleted = true;
    }
    if (deleted) {
      AtomicFile.forceDirectory(directory);
      refresh();
    }
  }

  /**
   * Index in {@code names} of the last segment whose first id is at most {@code id}; -1 if there is
   * none.
   */
  int segmentOf(List<String> names, long id) throws IOException {
    int low = 0;
    int high = names.size() - 1;
    int found = -1;
    while (low <= high) {
      int probe = (low + high) >>> 1;
      int withEntries = probe;
      long first = firstId(names.get(probe));
      while (first == 0 && withEntries > low) {
        first = firstId(names.get(--withEntries));
      }
      if (first == 0) {
        low = probe + 1;
      } else if (first <= id) {
        found = withEntries;
        low = probe + 1;
      } else {
        high = withEntries - 1;
      }
    }
    return found;
  }

  /**
   * Finds the block that holds the entry.
   *
   * @return {@code null} if there is no such block, or damage hides it
   */
  @Nullable Place find(long id) throws IOException {
    return find(id, (place, cursor) -> place);
  }

  /**
   * Finds and reads the block that holds the entry, unchecked.
   *
   * @return {@code null} if there is no such block, or damage hides it
   */
  @Nullable Found read(long id) throws IOException {
    return find(id, (place, cursor) -> new Found(place, cursor.block()));
  }

  @FunctionalInterface
  private interface Visit<T> {
    T at(Place place, SegmentCursor cursor) throws IOException;
  }

  private <T> @Nullable T find(long id, Visit<T> visit) throws IOException {
    List<String> names = names();
    int i = segmentOf(names, id);
    if (i < 0) {
      return null;
    }
    String name = names.get(i);
    try (SegmentFile file = open(name)) {
      SegmentCursor cursor = seek(file, id);
      if (cursor == null && indexed(file)) {
        cursor = walk(new SegmentCursor(file, 0), id);
      }
      return cursor == null ? null : visit.at(new Place(name, cursor.position()), cursor);
    }
  }

  private static boolean indexed(SegmentFile file) throws IOException {
    return ExcerptIndex.of(file).size() > 0;
  }

  /**
   * A cursor on the block that holds the entry, with the help of the index; {@code null} if that
   * did not find it.
   */
  static @Nullable SegmentCursor seek(SegmentFile file, long id) throws IOException {
    return walk(new SegmentCursor(file, indexedPositionBefore(file, id)), id);
  }

  /**
   * Offset of an indexed block that starts at or before the entry; 0 where the index knows none.
   */
  private static long indexedPositionBefore(SegmentFile file, long id) throws IOException {
    ExcerptIndex index = ExcerptIndex.of(file);
    long low = 0;
    long high = index.size() - 1;
    long best = 0;
    long lowId = 0;
    long highId = 0;
    for (int probes = 0; low <= high; probes++) {
      long k = (low + high) >>> 1;
      if (probes % 2 == 1 && lowId > 0 && highId > lowId) {
        double share = (double) (id - lowId) / (highId - lowId);
        k = Math.clamp(low + (long) (share * (high - low)), low, high);
      }
      long position = index.position(k);
      SegmentCursor cursor = new SegmentCursor(file, position);
      long first =
          position > 0 && cursor.next() && cursor.position() == position ? cursor.firstId() : 0;
      if (first <= 0) {
        high = k - 1;
      } else if (first <= id) {
        best = position;
        lowId = first;
        low = k + 1;
      } else {
        highId = first;
        high = k - 1;
      }
    }
    return best;
  }

  /** Reads on behind damage: the entry exists, so nothing but damage ends the segment before it. */
  private static @Nullable SegmentCursor walk(SegmentCursor cursor, long id) throws IOException {
    while (cursor.next() || cursor.findNext()) {
      long first = cursor.firstId();
      if (first > id) {
        return null;
      }
      if (id < first + cursor.count()) {
        return cursor;
      }
    }
    return null;
  }
}
