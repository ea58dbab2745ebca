package io.tallystick.store.segment;

import io.tallystick.store.log.LogException;
import java.io.IOException;

/**
 * Reads whole blocks by the ids of their entries, from segments that a writer may be appending to.
 * A block whose CRC is wrong is an error and never an answer. Safe for any number of threads.
 */
public final class BlockReader {
  /** What {@link #walk} returns when the consumer ended it. */
  public static final long ENDED = -1;

  /** Receives blocks, one after another. */
  @FunctionalInterface
  public interface BlockConsumer {
    /**
     * Receives the entries from {@code first} to {@code last} of a block; {@code false} ends it.
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
   * The block that holds the entry.
   *
   * @throws LogException.Corrupt if there is no such block, or it is damaged
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
          found.place() + ": there is no block here, where entry " + id + " was");
    }
    return block;
  }

  /**
   * Gives the blocks that hold the entries from {@code first} to {@code last}, in order, as far as
   * there are any.
   *
   * @return id of the first entry that was not given, {@code last + 1} if all were; {@link #ENDED}
   *     if the consumer ended it
   * @throws LogException.Corrupt at a block that is damaged
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
              + ": the block with entry "
              + block.firstId()
              + " on "
              + block.defect()
              + "; run \"tally verify\"");
    }
  }

  /** The error for an entry that should be in the segments. */
  public static LogException.Corrupt missing(long id) {
    return new LogException.Corrupt(
        "entry " + id + " is not where it should be in the segments; run \"tally verify\"");
  }
}
