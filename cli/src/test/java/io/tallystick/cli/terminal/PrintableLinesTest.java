package io.tallystick.cli.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class PrintableLinesTest {
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final PrintableLines lines = new PrintableLines(new PrintStream(shown, false, UTF_8));

  private String show(String text) throws Exception {
    lines.write(text.getBytes(UTF_8));
    lines.flush();
    return shown.toString(UTF_8);
  }

  @Test
  void linesEndAsTheyDoAndHoldNothingElseThatATerminalObeys() throws Exception {
    assertThat(show("{\"a\":\"\u001b[2J\u009b1m\u202e\"}\r\na\tb\rc\n\nü€\ud83d\udca9"))
        .isEqualTo("{\"a\":\"\\u001b[2J\\u009b1m\\u202e\"}\na\\u0009b\\u000dc\n\nü€\ud83d\udca9");
  }

  @Test
  void aLineWithoutAnEndIsShownInParts() throws Exception {
    String text = "x".repeat(5 << 20);
    lines.write(text.getBytes(UTF_8));
    assertThat(shown.size()).isEqualTo(5 << 20);
    assertThat(show("\u0007\n")).isEqualTo(text + "\\u0007\n");
  }
}
