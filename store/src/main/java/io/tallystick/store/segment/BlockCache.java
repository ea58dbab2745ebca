package io.tallystick.store.segment;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The most recently read blocks, because readers of one entry often read its neighbours too. Holds
 * at most 16 MiB. Safe for any number of threads.
 */
public final class BlockCache {
  private static final int MAX_BYTES = 16 << 20;

  /** The block that was asked for last comes first. */
  @GuardedBy("this")
  private final Deque<Block> blocks = new ArrayDeque<>();

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private long emptied;

  /** The cached block that holds the entry; {@code null} if there is none. */
  public synchronized @Nullable Block get(long id) {
    for (Iterator<Block> all = blocks.iterator(); all.hasNext(); ) {
      Block block = all.next();
      if (block.firstId() <= id && id <= block.lastId()) {
        all.remove();
        blocks.addFirst(block);
        return block;
      }
    }
    return null;
  }

  /** How often the cache was emptied, to be asked before a block is read for it. */
  public synchronized long emptied() {
    return emptied;
  }

  /**
   * Adds a block, unless the cache was emptied since it was read.
   *
   * @param before what {@link #emptied} said before it was read
   */
  public synchronized void put(Block block, long before) {
    if (before != emptied) {
      return;
    }
    blocks.addFirst(block);
    bytes += block.bytes().length;
    while (bytes > MAX_BYTES || blocks.size() > 256) {
      bytes -= blocks.removeLast().bytes().length;
    }
  }

  /** Forgets all blocks, for they may hold what was erased. */
  public synchronized void empty() {
    blocks.clear();
    bytes = 0;
    emptied++;
  }
}
