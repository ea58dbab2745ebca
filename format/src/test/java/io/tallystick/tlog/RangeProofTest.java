package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RangeProofTest {
  private static final int MAX_SIZE = 300;
  private static final NaiveTree TREE = NaiveTree.ofSize(MAX_SIZE);
  private static final HashReader STORED = TREE.stored();

  private final Hasher hasher = new Hasher();

  @Test
  void everyRangeLeadsToTheRoot() throws Exception {
    for (int size = 0; size <= MAX_SIZE; size += size < 130 ? 1 : 85) {
      for (int start = 0; start <= size; start++) {
        for (int end = start; end <= size; end++) {
          RangeProof proof = RangeProof.read(start, end, size, STORED);
          CompactRange range = proof.begin(hasher);
          List<Node> inside = Node.cover(start, end);
          range.append(inside, STORED.read(inside));
          proof.verify(range, TREE.root(size));
        }
      }
    }
  }

  @Test
  void everyRangeOfSingleLeavesLeadsToTheRoot() throws Exception {
    for (int size = 0; size <= 70; size++) {
      for (int start = 0; start <= size; start++) {
        for (int end = start; end <= size; end++) {
          verify(RangeProof.read(start, end, size, STORED), leaves(start, end), TREE.root(size));
        }
      }
    }
  }

  @Test
  void costsTheRangeAndTheLogarithmOfTheTree() throws Exception {
    RangeProof proof = RangeProof.read(100, 140, MAX_SIZE, STORED);
    verify(proof, leaves(100, 140), TREE.root(MAX_SIZE));
    assertThat(hasher.nodesHashed()).isLessThan(40 + 2 * 9);
  }

  @Test
  void refusesEveryChangedBit() throws Exception {
    Random random = new Random(20);
    for (int round = 0; round < 200; round++) {
      int size = 1 + random.nextInt(MAX_SIZE);
      int start = random.nextInt(size);
      int end = start + random.nextInt(size - start + 1);
      RangeProof proof = RangeProof.read(start, end, size, STORED);
      List<Hash> leaves = leaves(start, end);
      Hash root = TREE.root(size);
      int bit = random.nextInt(256);
      assertRefused(proof, leaves, Flip.bit(root, bit));
      for (int i = 0; i < leaves.size(); i++) {
        assertRefused(proof, Flip.bit(leaves, i, bit), root);
      }
      for (int i = 0; i < proof.left().size(); i++) {
        assertRefused(
            new RangeProof(start, end, size, Flip.bit(proof.left(), i, bit), proof.right()),
            leaves,
            root);
      }
      for (int i = 0; i < proof.right().size(); i++) {
        assertRefused(
            new RangeProof(start, end, size, proof.left(), Flip.bit(proof.right(), i, bit)),
            leaves,
            root);
      }
    }
  }

  @Test
  void refusesLeavesAtAnotherPlace() throws Exception {
    RangeProof proof = RangeProof.read(5, 9, 13, STORED);
    Hash root = TREE.root(13);
    assertRefused(proof, leaves(5, 8), root);
    assertRefused(proof, leaves(5, 10), root);
    assertRefused(proof, leaves(4, 8), root);
    assertRefused(proof, leaves(6, 10), root);
    assertRefused(proof, List.of(), root);
  }

  @Test
  void refusesTheWrongNumberOfHashes() throws Exception {
    for (int size = 1; size <= 40; size++) {
      RangeProof proof = RangeProof.read(size / 3, size / 2, size, STORED);
      List<Hash> leaves = leaves(size / 3, size / 2);
      Hash root = TREE.root(size);
      List<Hash> longer = new ArrayList<>(proof.left());
      longer.add(root);
      assertRefused(new RangeProof(size / 3, size / 2, size, longer, proof.right()), leaves, root);
      List<Hash> shorter = proof.right().subList(1, proof.right().size());
      assertRefused(new RangeProof(size / 3, size / 2, size, proof.left(), shorter), leaves, root);
    }
  }

  @Test
  void refusesRangesOutsideTheTree() {
    for (long[] bad : new long[][] {{2, 1, 3}, {0, 4, 3}, {-1, 0, 3}, {0, 0, -1}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new RangeProof(bad[0], bad[1], bad[2], List.of(), List.of()));
    }
  }

  private void verify(RangeProof proof, List<Hash> leaves, Hash root) throws InvalidProofException {
    CompactRange range = proof.begin(hasher);
    leaves.forEach(range::append);
    proof.verify(range, root);
  }

  private void assertRefused(RangeProof proof, List<Hash> leaves, Hash root) {
    assertThatExceptionOfType(InvalidProofException.class)
        .isThrownBy(() -> verify(proof, leaves, root));
  }

  private static List<Hash> leaves(int start, int end) {
    return IntStream.range(start, end).mapToObj(TREE::leaf).toList();
  }
}
