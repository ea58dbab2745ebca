package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class NodeTest {
  @Test
  void coverJoinsUpAndIsShort() {
    for (long start = 0; start <= 130; start++) {
      for (long end = start; end <= 130; end++) {
        List<Node> cover = Node.cover(start, end);
        long at = start;
        for (Node node : cover) {
          assertThat(node.start()).isEqualTo(at);
          at = node.end();
        }
        assertThat(at).isEqualTo(end);
        assertThat(cover.stream().map(Node::level).distinct().count() * 2)
            .isGreaterThanOrEqualTo(cover.size());
      }
      assertThat(Node.cover(0, start)).hasSize(Long.bitCount(start));
    }
  }

  @Test
  void reachesToTheLargestTree() {
    assertThat(Node.cover(0, Long.MAX_VALUE)).hasSize(63).startsWith(new Node(62, 0));
    assertThat(Node.cover(Long.MAX_VALUE - 1, Long.MAX_VALUE))
        .containsExactly(new Node(0, Long.MAX_VALUE - 1));
    assertThat(new Node(61, 2).end()).isEqualTo(3L << 61);
  }

  @Test
  void refusesWhatIsInNoTree() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Node(-1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new Node(63, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new Node(62, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Node(0, -1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Node(0, Long.MAX_VALUE));
    assertThatIllegalArgumentException().isThrownBy(() -> Node.cover(-1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> Node.cover(2, 1));
  }
}
