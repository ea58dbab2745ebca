package io.tallystick.tlog;

import java.util.List;

/**
 * Checks proofs against a root. Returning means that the proof holds; everything else is an {@link
 * InvalidProofException}, whatever the arguments. Not safe for use by more than one thread.
 *
 * <p>A root must come with its size from a verified checkpoint. The size alone is not proved: in
 * trees of 6 and of 7 leaves, say, the way from leaf 0 to the root is the same.
 */
public final class ProofVerifier {
  private final Hasher hasher;

  /** Counts with this hasher. */
  public ProofVerifier(Hasher hasher) {
    this.hasher = hasher;
  }

  /** That the leaf with this hash is at {@code index}: RFC 9162 section 2.1.3.2. */
  public void inclusion(Hash leaf, long index, List<Hash> proof, long size, Hash root)
      throws InvalidProofException {
    subtreeInclusion(leaf, index, proof, 0, size, root);
  }

  /**
   * That the leaf with this hash is at {@code index} of the subtree {@code [start, end)} with this
   * root: draft-ietf-plants-merkle-tree-certs, "Evaluating a Subtree Inclusion Proof".
   */
  public void subtreeInclusion(
      Hash leaf, long index, List<Hash> proof, long start, long end, Hash root)
      throws InvalidProofException {
    // Step 1.
    requireSubtree(start, end);
    require(start <= index && index < end, "the leaf is not in the tree");
    // Steps 2 and 3.
    long fn = index - start;
    long sn = end - start - 1;
    Hash r = leaf;
    // Step 4.
    for (Hash p : proof) {
      require(sn != 0, "the inclusion proof is too long");
      if (isOdd(fn) || fn == sn) {
        r = hasher.node(p, r);
        int shift = Long.numberOfTrailingZeros(fn);
        fn >>= shift;
        sn >>= shift;
      } else {
        r = hasher.node(r, p);
      }
      fn >>= 1;
      sn >>= 1;
    }
    // Step 5, and the comparison.
    require(sn == 0, "the inclusion proof is too short");
    requireRoot(r, root);
  }

  /**
   * That the tree of {@code first} leaves with {@code firstRoot} is the beginning of the one of
   * {@code size} leaves with {@code root}: RFC 9162 section 2.1.4.2.
   */
  public void consistency(long first, Hash firstRoot, List<Hash> proof, long size, Hash root)
      throws InvalidProofException {
    if (first == size) {
      requireRoot(firstRoot, root);
    }
    subtreeConsistency(0, first, firstRoot, proof, size, root);
  }

  /**
   * That the subtree {@code [start, end)} with {@code subtreeRoot} is part of the tree of {@code
   * size} leaves with {@code root}: draft, "Verifying a Subtree Consistency Proof". Of an empty
   * subtree nothing is proved, whatever the root.
   */
  public void subtreeConsistency(
      long start, long end, Hash subtreeRoot, List<Hash> proof, long size, Hash root)
      throws InvalidProofException {
    // Step 1.
    requireSubtree(start, end);
    require(end <= size, "the earlier tree reaches beyond the tree");
    // Step 2.
    if (start == end) {
      require(proof.isEmpty(), "the consistency proof of an empty tree is empty");
      requireRoot(Hasher.EMPTY_ROOT, subtreeRoot);
      return;
    }
    // Step 3.
    long fn = start;
    long sn = end - 1;
    long tn = size - 1;
    // Steps 4 and 5: up to the largest node that ends the subtree and is in the tree as well.
    while (fn != sn && (sn == tn || isOdd(sn))) {
      fn >>= 1;
      sn >>= 1;
      tn >>= 1;
    }
    // Steps 6 and 7.
    boolean subtreeIsNode = fn == sn;
    require(subtreeIsNode || !proof.isEmpty(), "the consistency proof is too short");
    Hash fr = subtreeIsNode ? subtreeRoot : proof.getFirst();
    Hash sr = fr;
    // Step 8.
    for (Hash c : subtreeIsNode ? proof : proof.subList(1, proof.size())) {
      require(tn != 0, "the consistency proof is too long");
      if (isOdd(sn) || sn == tn) {
        if (fn < sn) {
          fr = hasher.node(c, fr);
        }
        sr = hasher.node(c, sr);
        int shift = Long.numberOfTrailingZeros(sn);
        fn >>= shift;
        sn >>= shift;
        tn >>= shift;
      } else {
        sr = hasher.node(sr, c);
      }
      fn >>= 1;
      sn >>= 1;
      tn >>= 1;
    }
    // Step 9.
    require(tn == 0, "the consistency proof is too short");
    requireRoot(fr, subtreeRoot);
    requireRoot(sr, root);
  }

  private static boolean isOdd(long number) {
    return (number & 1) == 1;
  }

  private static void requireSubtree(long start, long end) throws InvalidProofException {
    if (!Subtrees.isSubtree(start, end)) {
      throw new InvalidProofException("[" + start + ", " + end + ") is not a subtree");
    }
  }

  private static void requireRoot(Hash found, Hash expected) throws InvalidProofException {
    if (!found.equals(expected)) {
      throw new InvalidProofException("the root is " + found + ", not " + expected);
    }
  }

  private static void require(boolean holds, String otherwise) throws InvalidProofException {
    if (!holds) {
      throw new InvalidProofException(otherwise);
    }
  }
}
