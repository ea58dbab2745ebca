package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.cli.terminal.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tally import} into a data directory. */
class ImportTest {
  @TempDir Path directory;

  private InProcess.Result run(String... arguments) {
    Map<String, String> environment =
        Map.of(
            "TALLY_DATA", directory.resolve("log").toString(),
            "TALLY_STATE", directory.resolve("state").toString());
    return InProcess.run(environment, "", arguments);
  }

  private InProcess.Result importing(String format, Path file, String... more) {
    List<String> words = new ArrayList<>(List.of("import", "--format", format));
    words.addAll(List.of(more));
    words.add(file.toString());
    return run(words.toArray(String[]::new));
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(text.getBytes(UTF_8));
    }
    return packed.toByteArray();
  }

  private static String trail(int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(i ->
            "{\"eventVersion\":\"1.08\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"Get\","
                + "\"eventTime\":\"2026-03-04T08:44:23Z\",\"eventID\":\"e-"
                + i
                + "\",\"userAgent\":\""
                + (i % 10 == 0 ? "x".repeat(600) : "aws")
                + "\"}")
        .collect(Collectors.joining(",", "{\"Records\":[", "]}"));
  }

  private Path file(String name, byte[] content) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  private long entries() throws IOException {
    JsonNode page =
        new ObjectMapper().readTree(run("list", "--limit", "1", "--format", "json").out());
    return page.path("total").asLong();
  }

  @Test
  void aDirectoryIsImportedOnceHoweverOftenItIsNamed() throws Exception {
    Path logs = directory.resolve("logs");
    file("logs/2026/03/a.json.gz", gzip(trail(0, 1_500)));
    file("logs/2026/04/b.json.gz", gzip(trail(1_500, 500)));
    file("logs/x_CloudTrail-Digest_y.json.gz", gzip("{\"awsAccountId\":\"1\"}"));
    assertThat(importing("cloudtrail", logs, "--dry-run").out())
        .contains("2,000 records in 2 files", "2,000 mapped", "200 altered", "(--dry-run)");
    assertThat(directory.resolve("log")).doesNotExist();
    assertThat(directory.resolve("state")).doesNotExist();

    InProcess.Result first = importing("cloudtrail", logs);
    assertThat(first.err()).isEmpty();
    assertThat(first.code()).isZero();
    assertThat(first.out())
        .contains("2,000 records in 2 files", "2,000 mapped", "record 1: user_agent")
        .contains("2,000 entries appended, the last one is 2,001");
    InProcess.Result second = importing("cloudtrail", logs);
    assertThat(second.out()).contains("2,000 already in the log", "nothing was appended");
    // Without its state, the log itself knows the records.
    Files.delete(directory.resolve("state"));
    InProcess.Result third = importing("cloudtrail", logs, "--json");
    JsonNode report = new ObjectMapper().readTree(third.out());
    assertThat(report.path("already_there").asInt()).isEqualTo(2_000);
    assertThat(report.path("appended").asInt()).isZero();
    assertThat(report.path("altered").asInt()).isEqualTo(200);
    assertThat(report.path("examples").path("altered").size()).isEqualTo(5);
    assertThat(entries()).isEqualTo(2_001);
    assertThat(run("list", "--limit", "1", "--format", "json").out())
        .contains("\"occurred_at\":\"2026-03-04T08:44:23Z\"");
    assertThat(run("verify").code()).isZero();
  }

  @Test
  void aFileThatWasPackedInBetweenIsNotImportedTwice() throws Exception {
    String events =
        IntStream.range(0, 9_000)
            .mapToObj(i -> "{\"event_type\":\"a.b\",\"action\":\"" + i + "\"}\n")
            .collect(Collectors.joining());
    Path plain = file("e.ndjson", events.getBytes(UTF_8));
    assertThat(importing("ndjson", plain).code()).isZero();
    Path packed = file("e.ndjson.gz", gzip(events));
    assertThat(importing("ndjson", packed).out()).contains("nothing was appended");
    assertThat(entries()).isEqualTo(9_001);
  }

  @Test
  void eventsOfTallystickStayEvents() throws Exception {
    Path file =
        file("e.ndjson", "{\"event_type\":\"user.login\",\"action\":\"x\"}\n".getBytes(UTF_8));
    assertThat(importing("ndjson", file).out()).contains("1 mapped");
    assertThat(run("list", "--event-type", "user.login", "--format", "json").out())
        .contains("\"total\":1");
  }

  @Test
  void aNamedMappingSeesLinesOfText() throws Exception {
    Path mapping =
        file(
            "text.yaml",
            """
            name: text
            title: Text
            match: .line
            map:
              event_type: type("text.line")
              action: .line
            """
                .getBytes(UTF_8));
    Path file = file("e.txt", "hello there\n{\"line\":\"b\"}\n".getBytes(UTF_8));
    assertThat(importing("ndjson", file, "--map", mapping.toString()).out()).contains("2 mapped");
    assertThat(run("map", "try", "--map", mapping.toString(), file.toString()).out())
        .contains("text.line", "hello there")
        .doesNotContain("kept raw");
  }

  @Test
  void whatIsNotJsonIsNotRepeatedInTheReason() throws Exception {
    Path file = file("e.ndjson", "{\"a\": badsecret}\n".getBytes(UTF_8));
    assertThat(importing("ndjson", file).out())
        .contains("line 1: it is not JSON (line 1, column 17)")
        .doesNotContain("badsecret", "Source");
    assertThat(run("list", "--event-type", "ingest.unmapped", "--format", "json").out())
        .contains("it is not JSON (line 1, column 17)")
        .doesNotContain("Unrecognized", "Source:");
    Path trail = file("t.json", "{\"Records\":[{\"a\": badsecret}]}".getBytes(UTF_8));
    assertThat(importing("cloudtrail", trail).err())
        .contains("is not JSON (line 1, column 29)")
        .doesNotContain("badsecret", "Source");
  }

  @Test
  void whatIsDamagedStopsNothingElseAndGoesOnWhenItIsMended() throws Exception {
    byte[] whole = gzip(trail(0, 3_000));
    Path cut = file("logs/1.json.gz", Arrays.copyOf(whole, whole.length / 2));
    file("logs/2.json.gz", gzip(trail(3_000, 10)));
    file("logs/3.json", "[1,2".getBytes(UTF_8));
    InProcess.Result result = importing("cloudtrail", directory.resolve("logs"));
    assertThat(result.code()).isEqualTo(Failure.USAGE);
    assertThat(result.err())
        .containsPattern("1.json.gz is damaged or cut off; the [0-9,]+ records before that are")
        .contains("3.json is no file of CloudTrail")
        .hasLineCount(2);
    long before = entries() - 1;
    assertThat(before).isBetween(11L, 2_900L);
    Files.write(cut, whole);
    assertThat(importing("cloudtrail", cut).code()).isZero();
    assertThat(entries()).isEqualTo(3_011);
    assertThat(run("list", "--event-type", "ingest.unmapped", "--format", "json").out())
        .contains("\"total\":0");
  }

  @Test
  void whatHasAnIdThatStandsForSomethingElseIsNotLost() throws Exception {
    String events =
        """
        {"@timestamp":1772613858553,"_document_id":"d-1","action":"team.add","actor":"a"}
        {"@timestamp":1772613858553,"_document_id":"d-1","action":"team.add","actor":"b"}
        {"@timestamp":1772613858553,"_document_id":"d-1","action":"team.add","actor":"a"}
        {oops
        {"unknown":true}
        """;
    Path file = file("e.ndjson", events.getBytes(UTF_8));
    InProcess.Result result = importing("ndjson", file);
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .contains("5 records in 1 file", "3 mapped", "2 kept raw", "1 already in the log")
        .contains("1 appended under another event_id", "line 2: d-1~")
        .contains("line 4: it is not JSON", "line 5: no mapping matches it")
        .contains("4 entries appended");
    Files.delete(directory.resolve("state"));
    assertThat(importing("ndjson", file).out()).contains("nothing was appended");
    Files.writeString(file, events + "{\"unknown\":2}\n");
    assertThat(importing("ndjson", file).out())
        .contains("6 records", "5 already in the log", "1 entry appended");
  }

  @Test
  void whatCannotBeImportedIsSaid() throws Exception {
    Path text = file("a.txt", "x".getBytes(UTF_8));
    assertThat(importing("cloudtrail", directory.resolve("none")).err())
        .contains("there is no file");
    assertThat(importing("cloudtrail", directory).err())
        .contains("there is no file of the format cloudtrail below");
    assertThat(importing("nonsense", text).err()).contains("CLOUDTRAIL, AUDITD, JOURNALD");
    assertThat(importing("simpletuner", text).err()).contains("is no SQLite database");
    assertThat(run("import", text.toString()).err()).contains("--format");
    Files.writeString(directory.resolve("state"), "{}");
    InProcess.Result state = importing("ndjson", text);
    assertThat(state.code()).isEqualTo(Failure.USAGE);
    assertThat(state.err()).contains("is no state file of tally import");
    assertThat(directory.resolve("log")).doesNotExist();
  }

  /** The log was replaced by another one: what the state says is not of this one. */
  @Test
  void aStateIsOfOneLog() throws Exception {
    Path file = file("a.json", trail(0, 3).getBytes(UTF_8));
    assertThat(importing("cloudtrail", file).out()).contains("3 entries appended");
    Files.move(directory.resolve("log"), directory.resolve("old"));
    assertThat(importing("cloudtrail", file).out()).contains("3 entries appended");
  }
}
