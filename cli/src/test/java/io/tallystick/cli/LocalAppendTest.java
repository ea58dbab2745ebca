package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody with an account on the machine appends to the data directory. */
class LocalAppendTest {
  @TempDir Path directory;

  private InProcess.Result run(String... arguments) {
    return InProcess.run(Map.of("TALLY_DATA", directory.resolve("log").toString()), "", arguments);
  }

  @Test
  void nobodyAppendsInTheLogsOwnName() throws Exception {
    Path events = directory.resolve("events");
    Files.writeString(
        events,
        """
        {"event_type":"api_key.created"}
        {"event_type":"audit.hold.released","details":{"hold":7}}
        """);
    InProcess.Result refused = run("append", events.toString());
    assertThat(refused.code()).isEqualTo(Failure.USAGE);
    assertThat(refused.err())
        .contains("line 2", "only the log itself writes", "\"audit.hold.released\"");

    assertThat(sources("csv")).containsExactly("(local)", "(log)");
    assertThat(run("list").out())
        .containsPattern("api_key.created .*\\(local\\)")
        .containsPattern("audit.log.created .*\\(log\\)");
    assertThat(run("tail").out())
        .containsPattern("api_key.created .* by \\(local\\)")
        .containsPattern("audit.log.created .* by \\(log\\)");
    assertThat(run("list", "--source", "(log)", "--format", "json").out())
        .contains("\"total\":1,", "\"source\":\"(log)\"");
  }

  private List<String> sources(String format) {
    List<String> lines = run("list", "--format", format).out().lines().toList();
    int column = List.of(lines.getFirst().split(",", -1)).indexOf("source");
    return lines.stream().skip(1).map(line -> line.split(",", -1)[column]).toList();
  }
}
