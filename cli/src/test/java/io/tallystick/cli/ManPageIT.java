package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManPageIT {
  @TempDir Path directory;

  private static Tally.Result page() throws Exception {
    // The page must not show the paths of whoever made it.
    Tally.Result page =
        Tally.run(Map.of("TALLY_DATA", "/home/somebody/log"), "", "generate-man-page");
    assertThat(page.err()).isEmpty();
    assertThat(page.code()).isZero();
    return page;
  }

  @Test
  void explainsEveryCommandThatTheHelpLists() throws Exception {
    String roff = page().out();
    String help = Tally.run(Map.of(), "", "--help").out();
    Matcher commands = Pattern.compile("(?m)^  ([a-z-]+)  ").matcher(help);
    int count = 0;
    for (; commands.find(); count++) {
      String name = "tally " + commands.group(1).replace("-", "\\-");
      assertThat(roff).contains(".SS \"" + name + "\"\n");
    }
    assertThat(count).isGreaterThan(20);
    assertThat(roff)
        .startsWith(".TH \"TALLY\" \"1\"")
        .contains(
            "\\fB\\-\\-start\\-id\\fR \\fIID\\fR\n",
            ".SS \"tally keys create\"",
            ".SS \"tally checkpoint notarise\"",
            "(default: ./tally\\-data)",
            "TALLY_API_KEY")
        .doesNotContain("somebody", "${", "@|");
  }

  @Test
  void groffHasNothingToSayAgainstIt() throws Exception {
    Path file = Files.writeString(directory.resolve("tally.1"), page().out());
    Process groff;
    try {
      groff =
          new ProcessBuilder("groff", "-man", "-ww", "-Tutf8", file.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      abort("no groff here");
      return;
    }
    String shown = new String(groff.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(groff.waitFor()).as(shown).isZero();
    String text = shown.replaceAll("\u001b\\[[0-9;]*m|.\b", "").replaceAll("\\s+", " ");
    assertThat(text)
        .doesNotContain("warning", "tally.1:")
        .contains("--api-key-file FILE", "tally keys create", "Exit codes: 0 success");
  }
}
