package io.tallystick.http.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ProblemTest {
  @Test
  void aSecondHeaderIsAdded() {
    Problem problem =
        Problem.of(503, "Later.").with("Retry-After", "1").with("Connection", "close");
    assertThat(problem.headers()).isEqualTo(Map.of("Retry-After", "1", "Connection", "close"));
    assertThat(problem.with("Retry-After", "2").headers()).containsEntry("Retry-After", "2");
  }
}
