package io.tallystick.store.segment;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that were read last, since those who read one entry mostly read its neighbours too.
 * Thread-safe.
 */
public final class BlockCache {
  private static final int MAX_BYTES = 16 << 20;

  // Guarded by this; the block that was asked for last is first.
  private final Deque<Block> blocks = new ArrayDeque<>();
  private long bytes;

  /** The cached block that holds the entry. */
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
