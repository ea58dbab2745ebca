package io.tallystick.tlog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A growing tree, of which only the hashes of its largest complete subtrees are kept: one for each
 * one-bit of its size, at most 63. Adding a leaf computes one node hash on average and allocates
 * nothing; the root is there at any time. Not safe for use by more than one thread.
 *
 * <pre>
 *   size 13 = 8 + 4 + 1      kept: (3,0) over [0,8)   (2,2) over [8,12)   (0,12) over [12,13)
 * </pre>
 */
public final class CompactRange {
  private final Hasher hasher;
  private final byte[] kept = new byte[(Node.MAX_LEVEL + 2) * Hash.BYTES];
  private final byte[] folded = new byte[Hash.BYTES];
  private long size;

  /** A tree without leaves, whose hashes this hasher computes and counts. */
  public CompactRange(Hasher hasher) {
    this.hasher = hasher;
  }

  /**
   * The tree of this many leaves, from at most 63 hashes that are read and trusted.
   *
   * @throws IOException if they cannot be read
   */
  public static CompactRange read(long size, HashReader reader, Hasher hasher) throws IOException {
    CompactRange range = new CompactRange(hasher);
    List<Node> nodes = Node.cover(0, size);
    range.append(nodes, reader.read(nodes));
    return range;
  }

  /**
   * The tree of this many leaves, from what {@link #hashes} gave. Nothing is checked but their
   * number: {@link #root} tells whether it is the tree that was meant.
   *
   * @throws IllegalArgumentException if there are more or fewer hashes than the size asks for
   */
  public static CompactRange of(long size, List<Hash> hashes, Hasher hasher) {
    List<Node> nodes = Node.cover(0, size);
    if (nodes.size() != hashes.size()) {
      throw new IllegalArgumentException(
          "a tree of "
              + size
              + " leaves is kept as "
              + nodes.size()
              + " hashes, not "
              + hashes.size());
    }
    CompactRange range = new CompactRange(hasher);
    range.append(nodes, hashes);
    return range;
  }

  /** The hashes of its largest complete subtrees, the largest first. */
  public List<Hash> hashes() {
    List<Hash> hashes = new ArrayList<>();
    for (int i = 0; i < Long.bitCount(size); i++) {
      hashes.add(Hash.of(kept, i * Hash.BYTES, Hash.BYTES));
    }
    return hashes;
  }

  /** The number of leaves. */
  public long size() {
    return size;
  }

  /** Adds the leaf with this hash. */
  public void append(Hash leaf) {
    append(0, leaf);
  }

  /** Adds the leaf with the hash {@code hashes[offset .. offset + 32)}. */
  public void append(byte[] hashes, int offset) {
    append(0, hashes, offset);
  }

  /**
   * Adds the 2^level leaves under a node with this hash.
   *
   * @throws IllegalArgumentException if a node of that level cannot come next, because the size is
   *     not a multiple of 2^level or would pass 2^63-1
   */
  public void append(int level, Hash node) {
    node.copyTo(folded, 0);
    append(level, folded, 0);
  }

  /** Adds the leaves under {@code nodes}, which have these hashes. */
  void append(List<Node> nodes, List<Hash> hashes) {
    for (int i = 0; i < nodes.size(); i++) {
      append(nodes.get(i).level(), hashes.get(i));
    }
  }

  /** Adds the 2^level leaves under the node with the hash {@code hashes[offset .. offset + 32)}. */
  public void append(int level, byte[] hashes, int offset) {
    if (level < 0 || level > Node.MAX_LEVEL || (size & ((1L << level) - 1)) != 0) {
      throw new IllegalArgumentException(
          "after " + size + " leaves no node of level " + level + " can come");
    }
    if (size > Long.MAX_VALUE - (1L << level)) {
      throw new IllegalArgumentException("a tree has at most 2^63-1 leaves");
    }
    int last = Long.bitCount(size);
    System.arraycopy(hashes, offset, kept, last * Hash.BYTES, Hash.BYTES);
    size += 1L << level;
    // Binary addition: each carry joins the last two subtrees, which are of one size, to one.
    for (; last >= Long.bitCount(size); last--) {
      int left = (last - 1) * Hash.BYTES;
      hasher.node(kept, left, kept, left + Hash.BYTES, kept, left);
    }
  }

  /** The root of the tree as it is now, RFC 9162 section 2.1.1. */
  public Hash root() {
    if (size == 0) {
      return Hasher.EMPTY_ROOT;
    }
    int last = (Long.bitCount(size) - 1) * Hash.BYTES;
    System.arraycopy(kept, last, folded, 0, Hash.BYTES);
    for (int at = last - Hash.BYTES; at >= 0; at -= Hash.BYTES) {
      hasher.node(kept, at, folded, 0, folded, 0);
    }
    return Hash.of(folded);
  }
}
