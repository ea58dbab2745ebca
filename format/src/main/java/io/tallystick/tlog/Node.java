package io.tallystick.tlog;

import java.util.ArrayList;
import java.util.List;

/**
 * A complete subtree of a tree: the one over the 2^level leaves from {@code index · 2^level} on.
 * Once those leaves are there its hash never changes, whatever the size of the tree.
 *
 * @param level 0 for a leaf, at most 62
 * @param index counts the nodes of that level from the left, from 0
 */
public record Node(int level, long index) {
  /** The highest level of a tree of at most 2^63-1 leaves. */
  static final int MAX_LEVEL = 62;

  /** Refuses what lies in no tree of at most 2^63-1 leaves. */
  public Node {
    if (level < 0 || level > MAX_LEVEL || index < 0 || index >= Long.MAX_VALUE >> level) {
      throw new IllegalArgumentException(
          "no tree of at most 2^63-1 leaves has a node " + index + " at level " + level);
    }
  }

  /** The first leaf under this node. */
  public long start() {
    return index << level;
  }

  /** The leaf after the last one under this node. */
  public long end() {
    return (index + 1) << level;
  }

  /**
   * The fewest nodes that together are over the leaves {@code [start, end)}, from left to right: at
   * most two of each level.
   *
   * @throws IllegalArgumentException unless {@code 0 <= start <= end}
   */
  public static List<Node> cover(long start, long end) {
    if (start < 0 || start > end) {
      throw new IllegalArgumentException("[" + start + ", " + end + ") is not a range of leaves");
    }
    List<Node> nodes = new ArrayList<>();
    for (long at = start; at < end; ) {
      int aligned = Long.numberOfTrailingZeros(at);
      int fits = Long.numberOfTrailingZeros(Long.highestOneBit(end - at));
      Node node = new Node(Math.min(aligned, fits), at >> Math.min(aligned, fits));
      nodes.add(node);
      at = node.end();
    }
    return nodes;
  }
}
