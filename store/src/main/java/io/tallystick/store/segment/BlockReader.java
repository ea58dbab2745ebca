package io.tallystick.store.segment;

import io.tallystick.store.log.LogException;
import java.io.IOException;

/**
 * Reads blocks by the ids of their entries, from segments to which a writer may be appending. A
 * block with a wrong CRC32C is an error and never a result. Safe for any number of threads.
 */
public final class BlockReader {
  /** Result of {@link #walk} when the consumer stopped it. */
  public static final long ENDED = -1;

  /** Receives blocks one after another. */
  @FunctionalInterface
  public interface BlockConsumer {
    /**
     * Receives the entries from {@code first} to {@code last} of a block; {@code false} stops the
     * walk.
     */
    boolean accept(Block block, long first, long last) throws IOException;
  }

  private final Segments segments;

  public BlockReader(Segments segments) {
    this.segments = segments;
  }

  public Segments segments() {
    return segments;
  }

  /**
   * Reads the block that holds the entry.
   *
   * @throws LogException.Corrupt if the block is missing or damaged
   */
  public Block read(long id) throws IOException {
    Segments.Found found = segments.read(id);
    if (found == null) {
      segments.refresh();
      found = segments.read(id);
    }
    if (found == null) {
      throw new LogException.Corrupt(
          "entry " + id + " is missing from the segments; run \"tally verify\"");
    }
    Block block = found.block();
    checkDefect(block, found.place().toString());
    if (id < block.firstId() || id > block.lastId()) {
      throw new LogException.Corrupt(
          found.place() + ": the block that holds entry " + id + " is not here any more");
    }
    return block;
  }

  /**
   * Passes the blocks that hold the entries from {@code first} to {@code last} to the consumer, in
   * order, up to the first missing entry.
   *
   * @return id of the first entry that was not passed, {@code last + 1} if all were; {@link #ENDED}
   *     if the consumer stopped the walk
   * @throws LogException.Corrupt at a damaged block
   */
  public long walk(long first, long last, BlockConsumer consumer) throws IOException {
    long next = first;
    try (BlockWalk walk = BlockWalk.from(segments, next)) {
      while (next <= last) {
        Block block = walk.next();
        if (block == null || next < block.firstId() || next > block.lastId()) {
          break;
        }
        checkDefect(block, walk.where());
        long end = Math.min(block.lastId(), last);
        if (!consumer.accept(block, next, end)) {
          return ENDED;
        }
        next = end + 1;
      }
    }
    return next;
  }

  private static void checkDefect(Block block, String where) throws LogException.Corrupt {
    if (block.defect() != null) {
      throw new LogException.Corrupt(
          where
              + ": the block that begins with entry "
              + block.firstId()
              + " "
              + block.defect()
              + "; run \"tally verify\"");
    }
  }

  /** The error for an entry that should be in the segments and is not. */
  public static LogException.Corrupt missing(long id) {
    return new LogException.Corrupt(
        "entry " + id + " is missing from the segments; run \"tally verify\"");
  }
}
