package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line on a data directory and on a server, in good cases and bad. */
class TallyIT {
  @TempDir Path directory;

  private Tally.Result tally(String input, String... arguments) throws Exception {
    return Tally.run(Map.of("TALLY_DATA", directory.resolve("log").toString()), input, arguments);
  }

  @Test
  void appendsListsExportsAndVerifiesWithoutAServer() throws Exception {
    Tally.Result appended =
        tally(
            "{\"event_type\":\"user.created\",\"actor_id\":1}\n\n{\"event_type\":\"user.deleted\"}\n",
            "append");
    assertThat(appended)
        .isEqualTo(new Tally.Result(0, "2 entries appended, the last one is 3\n", ""));
    assertThat(tally("", "list").out()).contains("user.created", "3 of 3 entries");
    assertThat(tally("", "tail", "--lines", "1").out()).startsWith("3  ").hasLineCount(1);
    assertThat(tally("", "verify").out()).startsWith("valid: entries 1 to 3");
    Map<String, String> both =
        Map.of(
            "TALLY_DATA",
            directory.resolve("log").toString(),
            "TALLY_EVENT_TYPE",
            "user.created,user.deleted");
    assertThat(Tally.run(both, "", "list").out()).contains("2 of 2 entries");
    assertThat(tally("", "rebuild-index").out()).isEqualTo("3 entries indexed\n");
    Path out = directory.resolve("out.ndjson");
    assertThat(tally("", "export", "--event-type", "user.*", "--out", out.toString()).err())
        .isEmpty();
    assertThat(Files.readAllLines(out)).hasSize(2).allMatch(line -> line.startsWith("{\"id\":"));
    assertThat(tally("", "export", "--format", "csv").out()).startsWith("id,").hasLineCount(4);
  }

  @Test
  void aBadLineIsNamedAndTheEventsBeforeItAreWritten() throws Exception {
    Tally.Result bad = tally("{\"event_type\":\"a\"}\n{\"event_type\":\"A b\"}\n", "append");
    assertThat(bad.code()).isEqualTo(Failure.USAGE);
    assertThat(bad.err())
        .contains("standard input, line 2: ", "but was \"A b\"", "1 entry appended", "--skip 1 -");
    assertThat(tally("{\"event_type\":\"a\"}\n", "append").out()).contains("the last one is 3");
  }

  @Test
  void theExitCodeSaysWhatWentWrong() throws Exception {
    assertThat(tally("", "list").code()).isEqualTo(Failure.UNREACHABLE);
    tally("{\"event_type\":\"a\"}\n", "append");
    assertThat(tally("", "list", "--limit", "501").code()).isEqualTo(Failure.USAGE);
    assertThat(tally("", "list", "--limit", "501").err())
        .contains("--limit must be between 1 and 500");
    assertThat(tally("", "verify", "--start-id", "5", "--end-id", "2").code())
        .isEqualTo(Failure.USAGE);
    assertThat(tally("", "lisst").code()).isEqualTo(Failure.USAGE);
    assertThat(tally("").code()).isEqualTo(Failure.USAGE);
    assertThat(tally("", "list", "--url", "http://127.0.0.1:1").code())
        .isEqualTo(Failure.UNREACHABLE);
    assertThat(tally("", "list", "--url", "ftp://x").code()).isEqualTo(Failure.USAGE);
  }

  @Test
  void aTamperedLogDoesNotVerify() throws Exception {
    tally("{\"event_type\":\"a\",\"action\":\"one\"}\n{\"event_type\":\"b\"}\n", "append");
    Path segment;
    try (var files = Files.list(directory.resolve("log/segments"))) {
      segment = files.filter(f -> f.toString().endsWith(".cq4")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(segment);
    byte[] wanted = "\"one\"".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    for (int i = 0; i < bytes.length - wanted.length; i++) {
      if (java.util.Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        bytes[i + 1] = 'O';
      }
    }
    Files.write(segment, bytes);
    for (String format : List.of("table", "json", "csv")) {
      Tally.Result result = tally("", "verify", "--format", format);
      assertThat(result.code()).isEqualTo(Failure.NOT_VALID);
      assertThat(result.out()).contains("entry 2 was changed");
      assertThat(result.err()).isEmpty();
    }
    Tally.Result list = tally("", "list");
    assertThat(list.code()).isEqualTo(Failure.UNREACHABLE);
    assertThat(list.err()).contains("tally verify");
  }

  @Test
  void hostileTextIsShownAsText() throws Exception {
    tally(
        "{\"event_type\":\"a\",\"actor_username\":\"\\u001b[31mred\\u202e\",\"action\":\"=1+1\",\"target_id\":\"<script>\\n\"}\n",
        "append");
    String table = tally("", "list").out();
    assertThat(table)
        .contains("\\u001b[31mred\\u202e", "<script>\\u000a")
        .doesNotContain("\u001b", "\u202e");
    assertThat(tally("", "list", "--format", "csv").out()).contains(",'=1+1,");
  }

  @Test
  void everyCommandExplainsItself() throws Exception {
    for (String command :
        List.of(
            "serve",
            "list",
            "security",
            "verify",
            "append",
            "keys create",
            "keys list",
            "keys revoke",
            "checkpoint notarise",
            "key rotate",
            "witness",
            "backup",
            "auth audit list",
            "auth audit security")) {
      String[] words = (command + " --help").split(" ", -1);
      Tally.Result help = Tally.run(Map.of(), "", words);
      assertThat(help.code()).as(help.toString()).isZero();
      assertThat(help.out()).startsWith("Usage: tally " + command);
      assertThat(help.err()).isEmpty();
    }
  }

  @Test
  void aServerIsAskedWithItsKeyOnly() throws Exception {
    Path data = directory.resolve("served");
    try (Tally.Server server = Tally.Server.start(data)) {
      Map<String, String> environment = server.environment();
      Tally.Result created =
          Tally.run(environment, "", "keys", "create", "writer", "--permission", "audit.append");
      String writer = created.out().strip();
      assertThat(writer).startsWith("tally_");
      assertThat(created.err()).isEmpty();
      Map<String, String> asWriter = Map.of("TALLY_URL", server.url(), "TALLY_API_KEY", writer);
      assertThat(Tally.run(asWriter, "{\"event_type\":\"a\"}", "append").code()).isZero();
      assertThat(Tally.run(asWriter, "", "list").code()).isEqualTo(Failure.NOT_PERMITTED);
      Map<String, String> nobody = Map.of("TALLY_URL", server.url());
      assertThat(Tally.run(nobody, "", "list").code()).isEqualTo(Failure.NOT_PERMITTED);
      String listed = Tally.run(environment, "", "keys", "list").out();
      assertThat(listed).contains("writer", "audit.append").doesNotContain(writer);
      String id = writer.split("_", -1)[1];
      assertThat(Tally.run(environment, "", "keys", "revoke", id).code()).isZero();
      assertThat(Tally.run(asWriter, "{\"event_type\":\"a\"}", "append").code())
          .isEqualTo(Failure.NOT_PERMITTED);
      Tally.Result locked =
          Tally.run(Map.of("TALLY_DATA", data.toString()), "{\"event_type\":\"a\"}", "append");
      assertThat(locked.code()).isEqualTo(Failure.UNREACHABLE);
      assertThat(locked.err()).contains("--url");
      for (String question : List.of("list", "verify", "stats")) {
        Tally.Result beside = Tally.run(Map.of("TALLY_DATA", data.toString()), "", question);
        assertThat(beside.code()).as("beside the server: %s", beside).isZero();
        assertThat(beside.err()).isEmpty();
      }
    }
  }

  @Test
  void aRestartAndARebuiltIndexAnswerTheSameBytes() throws Exception {
    Path data = directory.resolve("served");
    StringBuilder events = new StringBuilder();
    for (int i = 0; i < 700; i++) {
      events.append("{\"event_type\":\"t%d\",\"actor_id\":%d}%n".formatted(i % 3, i % 7));
    }
    List<String> questions =
        List.of(
            "/api/audit?event_type=t1&limit=500",
            "/api/audit?actor_id=3&order=asc",
            "/api/audit/types",
            "/api/audit/user/5",
            "/api/audit/export?event_type=t2");
    String before;
    try (Tally.Server server = Tally.Server.start(data)) {
      assertThat(server.post(events.toString()).statusCode()).isEqualTo(201);
      before = answers(server, questions);
      assertThat(server.stop()).isZero();
      assertThat(server.errors()).as("no warning of the JVM or of a library").isEmpty();
    }
    try (Tally.Server server = Tally.Server.start(data)) {
      assertThat(answers(server, questions)).isEqualTo(before);
    }
    assertThat(Tally.run(Map.of(), "", "rebuild-index", "--data", data.toString()).code()).isZero();
    try (Tally.Server server = Tally.Server.start(data)) {
      assertThat(answers(server, questions)).isEqualTo(before);
    }
  }

  private static String answers(Tally.Server server, List<String> questions) throws Exception {
    StringBuilder all = new StringBuilder();
    for (String question : questions) {
      HttpResponse<String> answer = server.get(question);
      assertThat(answer.statusCode()).isEqualTo(200);
      // Each export adds an entry.
      all.append(answer.body().replaceFirst("(audit.exported.*?\"count\":)\\d+", "$1"))
          .append('\n');
    }
    return all.toString();
  }
}
