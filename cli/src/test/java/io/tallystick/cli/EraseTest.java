package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.store.LogReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Erasing personal values of a data directory, and what proofs and bundles say of them. */
class EraseTest {
  private static final String NAME = "zwetschge";

  @TempDir Path directory;
  private Path log;
  private String key;

  private InProcess.Result run(String... arguments) {
    return InProcess.run(Map.of("TALLY_DATA", log.toString()), "", arguments);
  }

  @BeforeEach
  void append() throws Exception {
    log = directory.resolve("log");
    Path events = directory.resolve("events");
    Files.writeString(
        events,
        """
        {"event_type":"auth.login.failed","actor_username":"zwetschge","event_id":"1"}
        {"event_type":"auth.login.failed","actor_username":"other","event_id":"2"}
        {"event_type":"auth.logout","actor_username":"zwetschge","details":{"mail":"zwetschge@x"}}
        """);
    InProcess.Result appended =
        run("append", "--personal", "actor_username,details.mail", events.toString());
    assertThat(appended.code()).as(appended.err()).isZero();
    Files.delete(events);
    key = LogReader.open(log).identity().verifierKeys().getFirst();
  }

  private List<String> filesWithTheName() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(log)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), UTF_8).contains(NAME)) {
          found.add(file.toString());
        }
      }
    }
    return found;
  }

  @Test
  void erasesWhatADryRunShows() throws Exception {
    assertThat(filesWithTheName()).isNotEmpty();
    InProcess.Result dry =
        run("erase", "--actor-username", NAME, "--reason", "request 17", "--dry-run");
    assertThat(dry.out()).contains("details.mail", "3 values of 2 entries would be erased");
    assertThat(run("list", "--actor-username", NAME).out()).contains(NAME);
    InProcess.Result done = run("erase", "--actor-username", NAME, "--reason", "request 17");
    assertThat(done.code()).as(done.err()).isZero();
    assertThat(done.out()).contains("3 values of 2 entries erased for good", "recorded as entry 5");
    assertThat(filesWithTheName()).isEmpty();
    assertThat(run("list", "--format", "json").out())
        .contains("\"erased\":{\"actor_username\":{\"erasure\":5,", "\"actor_username\":\"other\"")
        .doesNotContain(NAME);
    assertThat(run("verify").code()).isZero();
    assertThat(run("erase", "--actor-username", NAME, "--reason", "again").out())
        .contains("0 values of 0 entries");
  }

  @Test
  void refusesWhatIsAmbiguousOrHeld() {
    assertThat(run("erase", "--actor-username", "zwet*", "--reason", "r").err())
        .contains("--actor-username must be the whole value");
    assertThat(run("erase", "--reason", "r").err()).contains("needs a filter");
    assertThat(run("erase", "--ids", "2", "--fields", "severity", "--reason", "r").err())
        .contains("severity");
    assertThat(run("hold", "add", "--start-id", "4", "--end-id", "4", "--reason", "c").code())
        .isZero();
    InProcess.Result held = run("erase", "--actor-username", NAME, "--reason", "r");
    assertThat(held.code()).isEqualTo(Failure.USAGE);
    assertThat(held.err()).contains("legal hold 5 keeps entries 4 to 4");
    assertThat(run("serve", "--personal", "severity").err()).contains("--personal", "severity");
  }

  @Test
  void saysWhatGoesBecauseOfAPartOfIt() throws Exception {
    Path whole = directory.resolve("whole");
    Files.writeString(
        whole,
        """
        {"event_type":"a.b","severity":"low","event_id":"w","details":{"a":1,"b":2},"personal":["details"]}
        """);
    assertThat(run("append", whole.toString()).code()).isZero();
    String[] request = {
      "erase", "--event-id", "w", "--severity", "low", "--fields", "details.a", "--reason", "r"
    };
    InProcess.Result dry = run(with(request, "--dry-run"));
    assertThat(dry.out())
        .contains("details goes as a whole in 1 entry: --fields names a part of it")
        .contains("1 value of 1 entry would be erased");
    assertThat(run(with(request, "--dry-run", "--format", "csv")).out())
        .contains("FIELD,ENTRIES,WIDER", "details,1,1");
    assertThat(run(request).out()).contains("details went as a whole in 1 entry");
  }

  private static String[] with(String[] arguments, String... more) {
    return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void helpHasEveryFilterOfTheApiAndNoOptionThatDoesNotApply() {
    String help = run("erase", "--help").out();
    assertThat(help)
        .contains("--actor-type", "--outcome", "--severity", "--event-id", "--request-id")
        .contains("--trace-id", "--key-file")
        .doesNotContain("--archive", "--key=");
    InProcess.Result refused =
        InProcess.run(
            Map.of("TALLY_ARCHIVE", directory.resolve("none.zip").toString()),
            "",
            "erase",
            "--ids",
            "1",
            "--reason",
            "r");
    assertThat(refused.code()).as(refused.err()).isNotZero();
    assertThat(refused.err()).contains("none.zip");
  }

  @Test
  void oneEntryIsNotSeveral() throws Exception {
    Path upper = directory.resolve("upper");
    Files.writeString(
        upper,
        """
        {"event_type":"a.b","actor_username":"ZWETSCHGE"}
        {"event_type":"a.b","actor_username":"zwetschge","details":{"mail":"x"}}
        """);
    assertThat(run("append", upper.toString()).code()).isZero();
    String out = run("erase", "--actor-username", NAME, "--reason", "r", "--dry-run").out();
    assertThat(out)
        .contains("1 entry matches, but with no personal value")
        .contains("1 entry has another spelling");
    assertThat(run("backup", directory.resolve("bk").toString()).out()).contains("6 entries are");
  }

  @Test
  void proofsAndBundlesOpenCommitments() throws Exception {
    Path proof = directory.resolve("p.tlog-proof");
    Path bundle = directory.resolve("b.zip");
    assertThat(run("prove", "2", "--out", proof.toString()).code()).isZero();
    assertThat(run("export", "--proofs", "--out", bundle.toString()).code()).isZero();
    assertThat(run("erase", "--actor-username", NAME, "--reason", "r").code()).isZero();

    InProcess.Result valid = run("verify-proof", proof.toString(), "--key", key);
    assertThat(valid.code()).as(valid.out()).isZero();
    assertThat(valid.out()).contains("actor_username is \"zwetschge\"");
    InProcess.Result whole = run("verify-bundle", bundle.toString(), "--key", key);
    assertThat(whole.code()).as(whole.out()).isZero();
    assertThat(whole.out()).contains("the personal values of 3 are those that were written");

    String text = Files.readString(proof);
    String extra = text.lines().filter(line -> line.startsWith("extra ")).findFirst().orElseThrow();
    String shown = new String(Base64.getDecoder().decode(extra.substring(6)), UTF_8);
    String other = shown.replace(NAME, "zwetschgf");
    Files.writeString(
        proof,
        text.replace(extra, "extra " + Base64.getEncoder().encodeToString(other.getBytes(UTF_8))));
    InProcess.Result forged = run("verify-proof", proof.toString(), "--key", key);
    assertThat(forged.code()).isEqualTo(Failure.NOT_VALID);
    assertThat(forged.out()).contains("actor_username", "is not the one that the entry commits to");
  }

  @Test
  void exportsAreReadableOrExact() {
    assertThat(run("export").out()).contains(NAME, "\"salt\":");
    assertThat(run("export", "--exact").out())
        .doesNotContain(NAME, "\"salt\":")
        .contains("\"personal\":{\"actor_username\":\"");
    assertThat(run("export", "--exact", "--format", "csv").err())
        .contains("--exact needs --format ndjson or bundle, but the format was csv")
        .doesNotContain("--values");
    assertThat(run("export", "--format", "csv").out()).contains(NAME, ",actor_username,");
  }
}
