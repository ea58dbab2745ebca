package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events of other systems: what would become of them, and appending them. */
class MapTest {
  private static final String EVENTS =
      """
      {"@timestamp":1772613858553,"_document_id":"d-1","action":"team.add_member","actor":"octo","actor_id":7}
      {"something":"else","user":"ann"}
      {"@timestamp":1772613858553,"_document_id":"d-2","action":"audit.key.created","actor":"octo"}
      """;

  @TempDir Path directory;

  private InProcess.Result run(String input, String... arguments) {
    Map<String, String> environment = Map.of("TALLY_DATA", directory.resolve("log").toString());
    return InProcess.run(environment, input, arguments);
  }

  @Test
  void showsWhatWouldBecomeOfEventsAndAppendsNothing() {
    InProcess.Result shown = run(EVENTS, "map", "try");
    assertThat(shown.code()).isEqualTo(Failure.NOT_VALID);
    assertThat(shown.out())
        .contains(
            "line 1: github\n",
            "  event_type      team.add_member\n",
            "  details         @timestamp\n")
        .contains("line 2: kept raw, because no mapping matches it\n")
        .contains("line 3: github, kept raw, because event_type must not be audit");
    assertThat(directory.resolve("log")).doesNotExist();
    assertThat(run(EVENTS, "map", "try", "--json").out())
        .startsWith("{\"event_type\":\"team.add_member\",");
    assertThat(run("", "map", "list").out()).contains("cloudtrail", "AWS CloudTrail");
  }

  @Test
  void showsWhatAnEntryWouldHaveOfATextThatIsTooLong() {
    String event =
        "{\"@timestamp\":1,\"_document_id\":\"d\",\"action\":\"a.b\",\"actor\":\"%s\"}"
            .formatted("x".repeat(300));
    assertThat(run(event, "map", "try").out())
        .contains(
            "  actor_username  " + "x".repeat(256) + "\n",
            "  altered         actor_username\n",
            "  details         @timestamp, actor\n");
  }

  @Test
  void appendsEventsOfAnotherSystemAndLosesNone() {
    InProcess.Result appended = run(EVENTS, "append", "--map", "auto");
    assertThat(appended.out()).contains("3 entries appended", "2 kept raw, as ingest.unmapped");
    assertThat(run("", "list", "--actor-username", "octo", "--format", "json").out())
        .contains("\"event_type\":\"team.add_member\"", "\"actor_id\":7", "\"event_id\":\"d-1\"");
    assertThat(
            run("", "list", "--event-type", "ingest.unmapped", "--details", "event.user=ann")
                .code())
        .isZero();
    assertThat(run(EVENTS, "append", "--map", "auto").out()).contains("1 already in the log");
  }

  @Test
  void aMappingOfOnesOwnIsAFile() throws Exception {
    Path mapping = directory.resolve("door.yaml");
    Files.writeString(
        mapping,
        "name: door\nmatch: .door\nmap:\n  event_type: '\"door.\" + .what'\n  target_id: .door\n");
    InProcess.Result appended =
        run("{\"door\":\"north\",\"what\":\"opened\"}", "append", "--map", mapping.toString());
    assertThat(appended.out()).contains("1 entry appended").doesNotContain("raw");
    assertThat(run("", "list", "--target-id", "north", "--format", "json").out())
        .contains("\"event_type\":\"door.opened\"");
  }

  /** As append --follow takes them: any line, one that begins with a bracket too. */
  @Test
  void linesOfTextAreMapped() throws Exception {
    Path mapping = directory.resolve("web.yaml");
    Files.writeString(
        mapping,
        "name: web\nmatch: test(.line, \"error\")\nmap:\n  event_type: '\"web.error\"'\n  action: .line\n");
    String lines =
        """
          error: indented\r

        [Wed Oct 11] [error] denied
        nothing special
        {"line":"error as JSON"}
        [{"line":"error in an array"}]
        """;
    InProcess.Result appended = run(lines, "append", "--map", mapping.toString());
    assertThat(appended.out()).contains("5 entries appended", "1 kept raw, as ingest.unmapped");
    assertThat(run("", "list", "--event-type", "web.error", "--format", "json").out())
        .contains(
            "\"action\":\"  error: indented\"",
            "\"action\":\"[Wed Oct 11] [error] denied\"",
            "\"action\":\"error as JSON\"",
            "\"action\":\"error in an array\"");
    assertThat(
            run(
                    "",
                    "list",
                    "--event-type",
                    "ingest.unmapped",
                    "--details",
                    "event.line=nothing special")
                .code())
        .isZero();
    assertThat(run(lines, "map", "try", "--map", mapping.toString()).out())
        .contains("line 3: web\n", "line 4: kept raw");
  }

  @Test
  void aMappingThatDoesNotExistOrIsWrongSaysWhatThereIs() throws Exception {
    assertThat(run("", "append", "--map", "github2").err())
        .contains("there is no mapping \"github2\"; there are auto, auditd, ");
    assertThat(run("", "map", "try", "--map", directory + "/none.yaml").err())
        .contains("there is no file ");
    Path wrong = directory.resolve("wrong.yaml");
    Files.writeString(wrong, "name: x\nmatch: .a\nmap:\n  event_type: uuid()\n");
    InProcess.Result refused = run("", "map", "try", "--map", wrong.toString());
    assertThat(refused.code()).isEqualTo(Failure.USAGE);
    assertThat(refused.err()).contains("wrong.yaml, event_type: \"uuid\" can't be used");
  }
}
