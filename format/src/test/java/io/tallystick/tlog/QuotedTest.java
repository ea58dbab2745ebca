package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuotedTest {
  @Test
  void hostileTextIsEscapedAndCut() {
    assertThat(Quoted.of(null)).isEqualTo("\"\"");
    assertThat(Quoted.of("a\"b\\\n\u001b[2Jé")).isEqualTo("\"a\\\"b\\\\\\u000a\\u001b[2J\\u00e9\"");
    assertThat(Quoted.of("x".repeat(48))).isEqualTo("\"" + "x".repeat(48) + "\"");
    assertThat(Quoted.of("x".repeat(49))).isEqualTo("\"" + "x".repeat(48) + "…\"");
  }

  /** What is shown has a limit, however much of the text is escaped, and never half an escape. */
  @Test
  void aLongTextIsShownUpToALimit() {
    assertThat(Quoted.of("x".repeat(500), 500)).isEqualTo("\"" + "x".repeat(500) + "\"");
    assertThat(Quoted.of("x".repeat(501), 500)).isEqualTo("\"" + "x".repeat(500) + "…\"");
    assertThat(Quoted.of("\n".repeat(9), 20)).isEqualTo("\"\\u000a\\u000a\\u000a…\"");
    assertThat(Quoted.of("\"\"", 3)).isEqualTo("\"\\\"…\"");
  }
}
