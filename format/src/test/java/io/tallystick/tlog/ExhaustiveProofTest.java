package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Every proof there is in trees of 0 to 300 leaves: made as it is defined, and verified. */
class ExhaustiveProofTest {
  private static final int MAX_SIZE = 300;
  private static final NaiveTree TREE = NaiveTree.ofSize(MAX_SIZE);

  private final Hasher hasher = new Hasher();
  private final ProofBuilder builder = new ProofBuilder(TREE, hasher);
  private final ProofVerifier verifier = new ProofVerifier(hasher);

  @Test
  void inclusion() throws Exception {
    for (int size = 0; size <= MAX_SIZE; size++) {
      Hash root = TREE.root(size);
      for (int index = 0; index < size; index++) {
        List<Hash> proof = builder.inclusion(index, size);
        assertThat(proof).isEqualTo(TREE.path(index, 0, size));
        verifier.inclusion(TREE.leaf(index), index, proof, size, root);
      }
    }
  }

  @Test
  void consistency() throws Exception {
    for (int size = 0; size <= MAX_SIZE; size++) {
      Hash root = TREE.root(size);
      for (int first = 0; first <= size; first++) {
        List<Hash> proof = builder.consistency(first, size);
        assertThat(proof).isEqualTo(first == 0 ? List.of() : TREE.proof(first, size));
        verifier.consistency(first, TREE.root(first), proof, size, root);
      }
    }
  }

  @Test
  void subtreeInclusion() throws Exception {
    for (int end = 0; end <= MAX_SIZE; end++) {
      for (int start = 0; start <= end; start++) {
        if (NaiveTree.isSubtree(start, end)) {
          for (int index = start; index < end; index++) {
            List<Hash> proof = builder.subtreeInclusion(index, start, end);
            assertThat(proof).isEqualTo(TREE.path(index - start, start, end));
            Hash root = TREE.mth(start, end);
            verifier.subtreeInclusion(TREE.leaf(index), index, proof, start, end, root);
          }
        }
      }
    }
  }

  @Test
  void subtreeConsistency() throws Exception {
    for (int size = 0; size <= MAX_SIZE; size++) {
      for (int end = 0; end <= size; end++) {
        for (int start = 0; start <= end; start++) {
          if (NaiveTree.isSubtree(start, end)) {
            List<Hash> proof = builder.subtreeConsistency(start, end, size);
            assertThat(proof).isEqualTo(TREE.subtreeProof(start, end, size));
            Hash subtree = TREE.mth(start, end);
            verifier.subtreeConsistency(start, end, subtree, proof, size, TREE.root(size));
          }
        }
      }
    }
  }

  @Test
  void nothingElseCanBeProved() {
    assertThatIllegalArgumentException().isThrownBy(() -> builder.inclusion(0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.inclusion(3, 3));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.inclusion(-1, 3));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.consistency(4, 3));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.consistency(-1, 3));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.subtreeInclusion(1, 1, 3));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.subtreeConsistency(1, 3, 8));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.subtreeConsistency(4, 8, 7));
  }
}
