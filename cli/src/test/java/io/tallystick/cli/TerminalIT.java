package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is shown on a terminal and nowhere else: colours and progress. */
class TerminalIT {
  private static final Path SCRIPT = Path.of("/usr/bin/script");

  @TempDir Path directory;

  @BeforeEach
  void needsATerminal() {
    assumeTrue(Files.isExecutable(SCRIPT), "no script(1), which makes a terminal, here");
  }

  private static List<String> probe(String... arguments) {
    List<String> words =
        Tally.java("-cp", System.getProperty("java.class.path"), ProgressProbe.class.getName());
    words.addAll(List.of(arguments));
    return words;
  }

  /** Runs a program on a terminal, and returns what the terminal shows. */
  private String onATerminal(
      Map<String, String> environment, String redirection, List<String> words) throws Exception {
    String line =
        words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" ")) + redirection;
    ProcessBuilder builder =
        new ProcessBuilder(SCRIPT.toString(), "-qec", line, "/dev/null")
            .directory(directory.toFile())
            .redirectErrorStream(true);
    builder.environment().put("TERM", "xterm");
    builder.environment().put("TALLY_DATA", directory.resolve("log").toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(shown).isZero();
    return shown;
  }

  @Test
  void coloursAreForATerminalWhoseUserWantsThem() throws Exception {
    Map<String, String> log = Map.of("TALLY_DATA", directory.resolve("log").toString());
    assertThat(Tally.run(log, "{\"event_type\":\"auth.logout\"}", "append").code()).isZero();
    assertThat(onATerminal(Map.of(), "", Tally.words(List.of("list"))))
        .contains("auth.logout", "\u001b[1m");
    assertThat(onATerminal(Map.of("NO_COLOR", "1"), "", Tally.words(List.of("list"))))
        .contains("auth.logout")
        .doesNotContain("\u001b");
    assertThat(Tally.run(log, "", "list").out()).contains("auth.logout").doesNotContain("\u001b");
  }

  @Test
  void aNarrowTerminalShowsWholeTimesAndFewerColumns() throws Exception {
    Map<String, String> log = Map.of("TALLY_DATA", directory.resolve("log").toString());
    String event =
        """
        {"event_type":"permission.granted.temporarily","actor_username":"藤原かぐや姫","actor_id":1234567,\
        "actor_ip":"2001:db8:1:2:3:4:5:6","target_type":"workspace","target_id":"4711-4711-4711",\
        "action":"granted for a day"}
        """;
    assertThat(Tally.run(log, event, "append").code()).isZero();
    for (int columns : List.of(80, 120, 60)) {
      List<String> words = new ArrayList<>(List.of("sh", "-c"));
      words.add("stty cols " + columns + "; exec \"$@\"");
      words.add("sh");
      words.addAll(Tally.words(List.of("list")));
      String shown = onATerminal(Map.of("NO_COLOR", "1"), "", words);
      List<String> lines = shown.lines().toList();
      assertThat(lines.get(1))
          .matches("2 +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}  permission.*");
      assertThat(lines).allMatch(line -> columns(line) <= columns);
      if (columns == 80) {
        assertThat(shown).contains("not shown for lack of space: ACTION");
      }
    }
  }

  /** The columns of a line; each of these Japanese characters takes two. */
  private static int columns(String line) {
    return line.codePoints().map(c -> c > 0x3000 && c < 0xa000 ? 2 : 1).sum();
  }

  @Test
  void progressIsForATerminalAndIsWiped() throws Exception {
    assertThat(onATerminal(Map.of(), "", probe()))
        .contains("\rworking [###", " 50%  2 of 4")
        .doesNotContain("25%")
        .containsSubsequence("50%", "\r\u001b[K", "done");
    assertThat(onATerminal(Map.of(), "", probe("silent")))
        .contains("\rworking ... 1 s")
        .containsSubsequence("1 s", "\r\u001b[K", "done");
    assertThat(onATerminal(Map.of(), " >out", probe()))
        .as("wherever the answer goes")
        .contains("\rworking [###");
    assertThat(onATerminal(Map.of(), " 2>err", probe())).isEqualTo("done\r\n");
    assertThat(directory.resolve("err")).isEmptyFile();
  }
}
