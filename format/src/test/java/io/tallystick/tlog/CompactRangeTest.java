package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class CompactRangeTest {
  private static final int SIZE = 1100;
  private static final NaiveTree TREE = NaiveTree.ofSize(SIZE);

  private final Hasher hasher = new Hasher();

  @Test
  void hasTheRootOfEverySize() {
    CompactRange range = new CompactRange(hasher);
    byte[] leaves = new byte[SIZE * Hash.BYTES];
    for (int size = 0; size < SIZE; size++) {
      assertThat(range.size()).isEqualTo(size);
      assertThat(range.root()).isEqualTo(TREE.root(size));
      TREE.leaf(size).copyTo(leaves, size * Hash.BYTES);
      range.append(leaves, size * Hash.BYTES);
    }
  }

  @Test
  void readsAsMuchAsItsSizeHasOneBits() throws IOException {
    for (int size = 0; size < SIZE; size++) {
      int expected = size;
      HashReader counting =
          nodes -> {
            assertThat(nodes).hasSize(Integer.bitCount(expected));
            return TREE.read(nodes);
          };
      assertThat(CompactRange.read(size, counting, hasher).root()).isEqualTo(TREE.root(size));
    }
  }

  @Test
  void computesOneNodeHashForEachLeafButTheFirst() {
    CompactRange range = new CompactRange(hasher);
    for (int i = 0; i < 1024; i++) {
      range.append(TREE.leaf(i));
    }
    assertThat(hasher.nodesHashed()).isEqualTo(1023);
    assertThat(hasher.leavesHashed()).isZero();
  }

  @Test
  void goesOnFromWhatItGave() {
    CompactRange range = new CompactRange(hasher);
    for (int size = 0; size < SIZE; size++) {
      CompactRange again = CompactRange.of(size, range.hashes(), hasher);
      assertThat(again.root()).isEqualTo(TREE.root(size));
      again.append(TREE.leaf(size));
      assertThat(again.root()).isEqualTo(TREE.root(size + 1));
      range.append(TREE.leaf(size));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompactRange.of(SIZE + 1, range.hashes(), hasher));
  }

  @Test
  void refusesNodesThatCannotComeNext() {
    CompactRange range = new CompactRange(hasher);
    range.append(2, TREE.mth(0, 4));
    range.append(TREE.leaf(4));
    for (int level : new int[] {-1, 1, 2, 62, 63, 64, 65}) {
      assertThatIllegalArgumentException().isThrownBy(() -> range.append(level, TREE.leaf(5)));
    }
    range.append(TREE.leaf(5));
    range.append(1, TREE.mth(6, 8));
    assertThat(range.root()).isEqualTo(TREE.root(8));
  }

  @Test
  void refusesToOutgrowItsNumbers() {
    CompactRange range = new CompactRange(hasher);
    for (int level = 62; level >= 0; level--) {
      range.append(level, TREE.leaf(level));
    }
    assertThat(range.size()).isEqualTo(Long.MAX_VALUE);
    Hash root = range.root();
    assertThatIllegalArgumentException().isThrownBy(() -> range.append(TREE.leaf(0)));
    assertThat(range.root()).isEqualTo(root);
  }
}
