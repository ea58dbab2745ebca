package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whatever is changed in a true proof refuses it: every bit of every hash, of the index and of both
 * sizes, and its length.
 *
 * <p>A changed size can leave the way to the root as it was, so that the same hashes prove the same
 * for it; {@link #steps} says where that is so, and nowhere else may it pass.
 */
class ProofMutationTest {
  private static final int MAX_SIZE = 16;
  private static final NaiveTree TREE = NaiveTree.ofSize(MAX_SIZE);

  private final Hasher hasher = new Hasher();
  private final ProofBuilder builder = new ProofBuilder(TREE, hasher);
  private final ProofVerifier verifier = new ProofVerifier(hasher);

  private interface Check {
    void run() throws InvalidProofException;
  }

  private interface Verification {
    void run(List<Hash> proof, Hash hash, Hash root) throws InvalidProofException;
  }

  @Test
  void inclusionHashesAndLength() throws IOException {
    for (int size = 1; size <= MAX_SIZE; size++) {
      for (int i = 0; i < size; i++) {
        int index = i;
        int leaves = size;
        assertAllRefused(
            (proof, leaf, root) -> verifier.inclusion(leaf, index, proof, leaves, root),
            builder.inclusion(i, size),
            TREE.leaf(i),
            TREE.root(size));
      }
    }
  }

  @Test
  void consistencyHashesAndLength() throws IOException {
    for (int size = 1; size <= MAX_SIZE; size++) {
      for (int m = 1; m <= size; m++) {
        int first = m;
        int leaves = size;
        assertAllRefused(
            (proof, earlier, root) -> verifier.consistency(first, earlier, proof, leaves, root),
            builder.consistency(m, size),
            TREE.root(m),
            TREE.root(size));
      }
    }
  }

  @Test
  void subtreeHashesAndLength() throws IOException {
    for (int e = 1; e <= MAX_SIZE; e++) {
      for (int s = 0; s < e; s++) {
        int start = s;
        int end = e;
        if (NaiveTree.isSubtree(s, e)) {
          assertAllRefused(
              (proof, leaf, root) ->
                  verifier.subtreeInclusion(leaf, start, proof, start, end, root),
              builder.subtreeInclusion(s, s, e),
              TREE.leaf(s),
              TREE.mth(s, e));
          assertAllRefused(
              (proof, subtree, root) ->
                  verifier.subtreeConsistency(start, end, subtree, proof, MAX_SIZE, root),
              builder.subtreeConsistency(s, e, MAX_SIZE),
              TREE.mth(s, e),
              TREE.root(MAX_SIZE));
        }
      }
    }
  }

  @Test
  void inclusionIndex() throws IOException {
    for (int size = 1; size <= MAX_SIZE; size++) {
      for (int index = 0; index < size; index++) {
        List<Hash> proof = builder.inclusion(index, size);
        for (int bit = 0; bit < Long.SIZE; bit++) {
          long other = index ^ (1L << bit);
          int leaves = size;
          Hash leaf = TREE.leaf(index);
          assertThat(holds(() -> verifier.inclusion(leaf, other, proof, leaves, TREE.root(leaves))))
              .isFalse();
        }
      }
    }
  }

  @Test
  void inclusionSize() throws IOException {
    int passed = 0;
    for (int size = 1; size <= MAX_SIZE; size++) {
      for (int i = 0; i < size; i++) {
        int index = i;
        List<Hash> proof = builder.inclusion(index, size);
        Hash root = TREE.root(size);
        for (int bit = 0; bit < Long.SIZE; bit++) {
          long other = size ^ (1L << bit);
          boolean same = steps(index, index + 1, other).equals(steps(index, index + 1, size));
          assertThat(holds(() -> verifier.inclusion(TREE.leaf(index), index, proof, other, root)))
              .isEqualTo(same);
          passed += same ? 1 : 0;
        }
      }
    }
    assertThat(passed).isPositive();
  }

  @Test
  void consistencySizes() throws IOException {
    for (int n = 1; n <= MAX_SIZE; n++) {
      for (int m = 1; m <= n; m++) {
        int size = n;
        int first = m;
        List<Hash> proof = builder.consistency(m, n);
        Hash earlier = TREE.root(m);
        Hash root = TREE.root(n);
        for (int bit = 0; bit < Long.SIZE; bit++) {
          long otherFirst = first ^ (1L << bit);
          long otherSize = size ^ (1L << bit);
          assertThat(holds(() -> verifier.consistency(otherFirst, earlier, proof, size, root)))
              .isEqualTo(steps(0, otherFirst, size).equals(steps(0, first, size)));
          assertThat(holds(() -> verifier.consistency(first, earlier, proof, otherSize, root)))
              .isEqualTo(steps(0, first, otherSize).equals(steps(0, first, size)));
        }
      }
    }
  }

  private static void assertAllRefused(
      Verification verification, List<Hash> proof, Hash hash, Hash root) {
    assertThat(holds(() -> verification.run(proof, hash, root))).isTrue();
    for (int bit = 0; bit < 8 * Hash.BYTES; bit++) {
      Hash badHash = Flip.bit(hash, bit);
      Hash badRoot = Flip.bit(root, bit);
      assertThat(holds(() -> verification.run(proof, badHash, root))).isFalse();
      assertThat(holds(() -> verification.run(proof, hash, badRoot))).isFalse();
      for (int i = 0; i < proof.size(); i++) {
        List<Hash> bad = Flip.bit(proof, i, bit);
        assertThat(holds(() -> verification.run(bad, hash, root))).isFalse();
      }
    }
    for (int i = 0; i <= proof.size(); i++) {
      for (Hash more : List.of(hash, root, Hasher.EMPTY_ROOT)) {
        List<Hash> longer = new ArrayList<>(proof);
        longer.add(i, more);
        assertThat(holds(() -> verification.run(longer, hash, root))).isFalse();
        // Not even where the root is made for it.
        for (Hash made : List.of(NaiveTree.node(more, root), NaiveTree.node(root, more))) {
          assertThat(holds(() -> verification.run(longer, hash, made))).isFalse();
        }
      }
    }
    for (int i = 0; i < proof.size(); i++) {
      List<Hash> shorter = new ArrayList<>(proof);
      shorter.remove(i);
      assertThat(holds(() -> verification.run(shorter, hash, root))).isFalse();
    }
  }

  private static boolean holds(Check check) {
    try {
      check.run();
      return true;
    } catch (InvalidProofException refused) {
      return false;
    }
  }

  /**
   * How a proof of {@code [from, to)} is evaluated, as the definition of SUBTREE_PROOF has it: on
   * which side each of its hashes is, whether the subtree has it too, and how it begins. Empty
   * where there is no such proof.
   */
  private static String steps(long from, long to, long size) {
    return from < 0 || from >= to || to > size ? "" : steps(from, to, size, true);
  }

  private static String steps(long from, long to, long size, boolean known) {
    if (from == 0 && to == size) {
      return known ? "known" : "first";
    }
    long k = 1;
    while (k < (size + 1) / 2) {
      k *= 2;
    }
    if (to <= k) {
      return steps(from, to, k, known) + " right";
    }
    return from >= k
        ? steps(from - k, to - k, size - k, known) + " left"
        : steps(0, to - k, size - k, false) + " left of both";
  }
}
