package io.tallystick.tlog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Makes proofs from the hashes that a {@link HashReader} gives: O(log n) of them, read at once. Not
 * safe for use by more than one thread.
 *
 * <p>A proof is a list of hashes, from the one beside the leaf up to the one under the root. Every
 * method throws {@link IllegalArgumentException} where there is nothing to prove, as the index or
 * size is not in the tree, and {@link IOException} where the reader does.
 */
public final class ProofBuilder {
  private final HashReader reader;
  private final Hasher hasher;

  /** Reads from this reader and counts with this hasher. */
  public ProofBuilder(HashReader reader, Hasher hasher) {
    this.reader = reader;
    this.hasher = hasher;
  }

  /** That a leaf is in the tree of {@code size} leaves: PATH, RFC 9162 section 2.1.3.1. */
  public List<Hash> inclusion(long index, long size) throws IOException {
    return subtreeInclusion(index, 0, size);
  }

  /**
   * That the tree of {@code first} leaves is the beginning of the one of {@code size}: PROOF, RFC
   * 9162 section 2.1.4.1. Empty where they are the same or the first has no leaves.
   */
  public List<Hash> consistency(long first, long size) throws IOException {
    return subtreeConsistency(0, first, size);
  }

  /** That a leaf is in the subtree {@code [start, end)}: draft, "Subtree Inclusion Proofs". */
  public List<Hash> subtreeInclusion(long index, long start, long end) throws IOException {
    requireSubtree(start, end);
    if (index < start || index >= end) {
      throw new IllegalArgumentException(
          "leaf " + index + " is not in [" + start + ", " + end + ")");
    }
    return read(path(index, index + 1, start, end));
  }

  /**
   * That the subtree {@code [start, end)} is part of the tree of {@code size} leaves:
   * SUBTREE_PROOF, draft, "Generating a Subtree Consistency Proof".
   */
  public List<Hash> subtreeConsistency(long start, long end, long size) throws IOException {
    requireSubtree(start, end);
    if (end > size) {
      throw new IllegalArgumentException(
          "[" + start + ", " + end + ") is not in a tree of " + size + " leaves");
    }
    return start == end ? List.of() : read(path(start, end, 0, size));
  }

  private static void requireSubtree(long start, long end) {
    if (!Subtrees.isSubtree(start, end)) {
      throw new IllegalArgumentException("[" + start + ", " + end + ") is not a subtree");
    }
  }

  /** Leaves whose root is one hash of a proof: {@code MTH(D[start:end])}. */
  private record Part(long start, long end) {}

  /**
   * SUBTREE_SUBPROOF of {@code D[from:to]} in {@code D[low:high]}, from the root down. For one leaf
   * it is PATH.
   */
  private static List<Part> path(long from, long to, long low, long high) {
    List<Part> parts = new ArrayList<>();
    boolean rootKnown = true;
    while (from != low || to != high) {
      long middle = Subtrees.split(low, high);
      if (to <= middle) {
        parts.add(new Part(middle, high));
        high = middle;
      } else {
        parts.add(new Part(low, middle));
        if (from < middle) {
          // The subtree lies on both sides: from here on only its right part is looked for.
          from = middle;
          rootKnown = false;
        }
        low = middle;
      }
    }
    if (!rootKnown) {
      parts.add(new Part(low, high));
    }
    Collections.reverse(parts);
    return parts;
  }

  private List<Hash> read(List<Part> parts) throws IOException {
    List<List<Node>> covers = parts.stream().map(p -> Node.cover(p.start(), p.end())).toList();
    List<Hash> hashes = reader.read(covers.stream().flatMap(List::stream).toList());
    List<Hash> proof = new ArrayList<>();
    int at = 0;
    for (List<Node> cover : covers) {
      CompactRange range = new CompactRange(hasher);
      range.append(cover, hashes.subList(at, at + cover.size()));
      proof.add(range.root());
      at += cover.size();
    }
    return List.copyOf(proof);
  }
}
