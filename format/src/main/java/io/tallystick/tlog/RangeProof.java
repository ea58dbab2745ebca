package io.tallystick.tlog;

import java.io.IOException;
import java.util.List;

/**
 * What ties a range of leaves to a root: the hashes of the largest complete subtrees left and right
 * of it, O(log n) of them. Folding the left ones, the range's own leaf hashes and the right ones
 * gives the root, so it proves that exactly these leaves are at exactly these places.
 *
 * <pre>
 *   [3, 6) of 13     left: (1,0) (0,2)     range: leaves 3 4 5     right: (1,3) (2,2) (0,12)
 * </pre>
 *
 * <pre>{@code
 * CompactRange range = proof.begin(hasher);
 * for (Hash leaf : leaves) range.append(leaf);
 * proof.verify(range, root);
 * }</pre>
 *
 * @param start the first leaf of the range
 * @param end the leaf after its last one; a range may be empty
 * @param size the leaves of the whole tree
 * @param left hashes of {@link #leftNodes}
 * @param right hashes of {@link #rightNodes}
 */
public record RangeProof(long start, long end, long size, List<Hash> left, List<Hash> right) {
  /** Refuses a range that is not in the tree. */
  public RangeProof {
    if (start < 0 || start > end || end > size) {
      throw new IllegalArgumentException(
          "[" + start + ", " + end + ") is not a range in a tree of " + size + " leaves");
    }
    left = List.copyOf(left);
    right = List.copyOf(right);
  }

  /**
   * Makes the proof for the leaves {@code [start, end)} of the tree of {@code size}.
   *
   * @throws IllegalArgumentException if the range is not in the tree
   * @throws IOException if the hashes cannot be read
   */
  public static RangeProof read(long start, long end, long size, HashReader reader)
      throws IOException {
    RangeProof none = new RangeProof(start, end, size, List.of(), List.of());
    List<Hash> left = reader.read(none.leftNodes());
    List<Hash> right = reader.read(none.rightNodes());
    return new RangeProof(start, end, size, left, right);
  }

  /** The nodes left of the range, from left to right. */
  public List<Node> leftNodes() {
    return Node.cover(0, start);
  }

  /** The nodes right of the range, from left to right. */
  public List<Node> rightNodes() {
    return Node.cover(end, size);
  }

  /**
   * A tree that holds what is left of the range, for the caller to append the range's leaf hashes.
   *
   * @throws InvalidProofException if the proof has another number of hashes than its range needs
   */
  public CompactRange begin(Hasher hasher) throws InvalidProofException {
    List<Node> nodes = leftNodes();
    if (left.size() != nodes.size() || right.size() != rightNodes().size()) {
      throw new InvalidProofException(
          "the proof of [%d, %d) in %d leaves needs %d and %d hashes, not %d and %d"
              .formatted(
                  start, end, size, nodes.size(), rightNodes().size(), left.size(), right.size()));
    }
    CompactRange range = new CompactRange(hasher);
    range.append(nodes, left);
    return range;
  }

  /**
   * Checks the range that {@link #begin} began and the caller filled. Appends to it what is right
   * of the range.
   *
   * @throws InvalidProofException if more or fewer leaves were appended than are in the range, or
   *     they are not the ones under this root
   */
  public void verify(CompactRange range, Hash root) throws InvalidProofException {
    if (range.size() != end) {
      throw new InvalidProofException(
          "the range ends at leaf " + end + ", the hashes that were found at " + range.size());
    }
    range.append(rightNodes(), right);
    Hash found = range.root();
    if (!found.equals(root)) {
      throw new InvalidProofException(
          "leaves [" + start + ", " + end + ") lead to the root " + found + ", not to " + root);
    }
  }
}
