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

  public synchronized void put(Block block) {
    blocks.addFirst(block);
    bytes += block.bytes().length;
    while (bytes > MAX_BYTES || blocks.size() > 256) {
      bytes -= blocks.removeLast().bytes().length;
    }
  }
}
