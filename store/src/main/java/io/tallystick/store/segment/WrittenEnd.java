package io.tallystick.store.segment;

import io.tallystick.store.log.LogEnd;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;

/**
 * The end of a log that another process may be writing: the last block that is written. A damaged
 * block counts, so that a damaged log is not taken for a shorter one; whoever reads it is told.
 * Each look goes on where the last one ended. Safe for any number of threads.
 */
public final class WrittenEnd implements LogEnd {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Segments segments;

  // Guarded by this.
  private String segment;
  private long position;
  private long lastId;

  private WrittenEnd(Segments segments, Tail tail) {
    this.segments = segments;
    this.segment = tail.segment() == null ? "" : tail.segment();
    this.position = tail.position();
    this.lastId = tail.lastId();
  }

  public static WrittenEnd of(Segments segments) throws IOException {
    return new WrittenEnd(segments, Tail.find(segments));
  }

  @Override
  public boolean isAcknowledged() {
    return false;
  }

  @Override
  public synchronized long lastId() throws IOException {
    segments.refresh();
    List<String> names = segments.names();
    for (String name : names.subList(following(names), names.size())) {
      if (!name.equals(segment)) {
        segment = name;
        position = 0;
      }
      try (SegmentFile file = segments.open(name)) {
        SegmentCursor cursor = new SegmentCursor(file, position);
        while (cursor.next()
            || (cursor.stop() == SegmentCursor.Stop.DAMAGED && cursor.findNext())) {
          Block block = cursor.block();
          if (block.defect() == null || block.firstId() == lastId + 1) {
            lastId = Math.max(lastId, block.lastId());
          }
        }
        position = cursor.position();
      } catch (NoSuchFileException e) {
        // Retention took it meanwhile; what follows it is still there.
        position = 0;
      }
    }
    return lastId;
  }

  private int following(List<String> names) {
    int i = 0;
    while (i < names.size() && names.get(i).compareTo(segment) < 0) {
      i++;
    }
    return i;
  }

  @Override
  public boolean awaitBeyond(long id, Duration timeout) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (lastId() <= id) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      Thread.sleep(Duration.ofNanos(Math.min(left, POLL.toNanos())));
    }
    return true;
  }
}
