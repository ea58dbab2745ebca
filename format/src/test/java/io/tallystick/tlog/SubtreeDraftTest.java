package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The accumulated vectors of draft-ietf-plants-merkle-tree-certs, "Subtree Test Vectors": a hash
 * over all results in trees of up to 130 leaves 00, 01, … 81.
 */
class SubtreeDraftTest {
  private static final int MAX_SIZE = 130;

  private final Hasher hasher = new Hasher();
  private final ProofBuilder builder = new ProofBuilder(NaiveTree.ofSize(MAX_SIZE), hasher);
  private final StringBuilder results = new StringBuilder();

  private record Range(int start, int end) {
    @Override
    public String toString() {
      return "[" + start + ", " + end + ")";
    }
  }

  private static List<Range> subtrees(int end) {
    List<Range> ranges = new ArrayList<>();
    for (int start = 0; start <= end; start++) {
      if (Subtrees.isSubtree(start, end)) {
        ranges.add(new Range(start, end));
      }
    }
    return ranges;
  }

  @Test
  void hashes() {
    for (int end = 0; end <= MAX_SIZE; end++) {
      for (Range subtree : subtrees(end)) {
        CompactRange range = new CompactRange(hasher);
        for (int i = subtree.start; i < end; i++) {
          range.append(hasher.leaf(new byte[] {(byte) i}));
        }
        results.append(subtree).append(' ').append(range.root()).append('\n');
      }
    }
    assertAccumulated("b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81");
  }

  @Test
  void inclusionProofs() throws IOException {
    for (int end = 0; end <= MAX_SIZE; end++) {
      for (Range subtree : subtrees(end)) {
        for (int i = subtree.start; i < end; i++) {
          results.append(i).append(' ').append(subtree);
          append(builder.subtreeInclusion(i, subtree.start, end));
        }
      }
    }
    assertAccumulated("ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f");
  }

  @Test
  void consistencyProofs() throws IOException {
    for (int size = 0; size <= MAX_SIZE; size++) {
      for (int end = 0; end <= size; end++) {
        for (Range subtree : subtrees(end)) {
          results.append(subtree).append(' ').append(size);
          append(builder.subtreeConsistency(subtree.start, end, size));
        }
      }
    }
    assertAccumulated("10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74");
  }

  private void append(List<Hash> proof) {
    results.append(
        proof.stream().map(hash -> " " + hash).collect(Collectors.joining("", "", "\n")));
  }

  private void assertAccumulated(String expected) {
    byte[] text = results.toString().getBytes(StandardCharsets.US_ASCII);
    assertThat(NaiveTree.sha256(text)).hasToString(expected);
  }
}
