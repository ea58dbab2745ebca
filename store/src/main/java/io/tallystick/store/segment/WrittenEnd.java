package io.tallystick.store.segment;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.store.log.LogEnd;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;

/**
 * The end of a log that another process may be writing: the last written block. A damaged block
 * counts, so that a damaged log does not pass for a shorter one; reading the block is then an
 * error. So do blocks behind zeros, where a checkpoint covers more than what comes before the
 * zeros. Each call continues where the previous one ended. Safe for any number of threads.
 */
public final class WrittenEnd implements LogEnd {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Segments segments;

  @GuardedBy("this")
  private String segment;

  @GuardedBy("this")
  private long position;

  @GuardedBy("this")
  private long lastId;

  /** The log held this entry, unless it was searched for already and is not there any more. */
  @GuardedBy("this")
  private long sealedId;

  private WrittenEnd(Segments segments, Tail tail, long sealedId) {
    this.segments = segments;
    this.sealedId = sealedId;
    this.segment = tail.segment() == null ? "" : tail.segment();
    this.position = tail.position();
    this.lastId = tail.lastId();
  }

  /**
   * The end of the log in these segments.
   *
   * @param sealedId the last entry that a checkpoint covers; 0 if there is none
   */
  public static WrittenEnd of(Segments segments, long sealedId) throws IOException {
    return new WrittenEnd(segments, Tail.find(segments, sealedId), sealedId);
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
        while (cursor.next() || (isDamage(cursor.stop()) && cursor.findNext())) {
          Block block = cursor.block();
          if (block.defect() == null || block.firstId() == lastId + 1) {
            lastId = Math.max(lastId, block.lastId());
          }
        }
        position = cursor.position();
      } catch (NoSuchFileException e) {
        // Retention deleted it meanwhile; the segments after it are still there.
        position = 0;
      }
    }
    // What is not found now will not be there later, and the search reads the segment to its end.
    sealedId = 0;
    return lastId;
  }

  @GuardedBy("this")
  private boolean isDamage(SegmentCursor.Stop stop) {
    return stop == SegmentCursor.Stop.DAMAGED
        || (stop != SegmentCursor.Stop.END_OF_FILE && lastId < sealedId);
  }

  @GuardedBy("this")
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
