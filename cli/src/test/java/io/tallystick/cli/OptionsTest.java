package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a command gets its options: from the command line, then from the environment. */
class OptionsTest {
  private static final String NOWHERE = "http://127.0.0.1:1";

  @TempDir Path directory;
  private String data = "";

  private static InProcess.Result run(
      Map<String, String> environment, String input, String... arguments) {
    return InProcess.run(environment, input, arguments);
  }

  @BeforeEach
  void makeLog() throws Exception {
    data = directory.resolve("log").toString();
    InProcess.Result appended =
        run(
            Map.of("TALLY_DATA", data),
            "{\"event_type\":\"a.b\"}\n{\"event_type\":\"auth.login.failed\"}\n",
            "append");
    assertThat(appended.out()).contains("the last one is 3");
  }

  @Test
  void replaysAreNotCountedAsAppended() throws Exception {
    Map<String, String> here = Map.of("TALLY_DATA", data);
    String one = "{\"event_type\":\"a.b\",\"event_id\":\"r1\",\"target_id\":\"1\"}\n";
    String two = "{\"event_type\":\"a.b\",\"event_id\":\"r2\"}\n";
    assertThat(run(here, one, "append").out()).isEqualTo("1 entry appended, the last one is 4\n");
    assertThat(run(here, one + two + two, "append").out())
        .isEqualTo("1 entry appended, the last one is 5; 2 already in the log (same event_id)\n");
    assertThat(run(here, one, "append").out())
        .isEqualTo("nothing was appended; 1 already in the log (same event_id)\n");
    InProcess.Result conflict = run(here, two + one.replace("\"1\"", "\"2\""), "append");
    assertThat(conflict.code()).isEqualTo(Failure.USAGE);
    assertThat(conflict.err()).contains("\"r1\"", "entry 4", "nothing was appended");
    InProcess.Result inBatch =
        run(here, one.replace("r1", "r3") + two.replace("r2", "r3"), "append");
    assertThat(inBatch.code()).isEqualTo(Failure.USAGE);
    String related = "{\"event_type\":\"a.b\",\"request_id\":\"q\"}\n";
    assertThat(run(here, related + related, "append").out()).contains("2 entries", "last one is 7");
  }

  @Test
  void detailsAndWordsNarrowTheList() {
    Map<String, String> here = Map.of("TALLY_DATA", data);
    String event =
        "{\"event_type\":\"door.opened\",\"details\":{\"a\":{\"b\":[\"Front door\",7]}}}\n";
    assertThat(run(here, event, "append").code()).isZero();
    assertThat(run(here, "", "list", "--details", "a.b=7", "-q", "FRONT").out())
        .contains("door.opened");
    assertThat(run(here, "", "list", "--details", "a.b=front*", "--text", "do*").out())
        .contains("door.opened");
    assertThat(run(here, "", "list", "--details", "a.b=7", "--details", "a.c=7").out())
        .doesNotContain("door.opened");
    InProcess.Result empty = run(here, "", "list", "-q", "...");
    assertThat(empty.code()).isEqualTo(Failure.USAGE);
    assertThat(empty.err()).contains("--text must have 1 to 64 words");
    InProcess.Result path = run(here, "", "list", "--details", "=7");
    assertThat(path.code()).isEqualTo(Failure.USAGE);
    assertThat(path.err()).contains("a path of 1 to 256 bytes");
  }

  @Test
  void whatIsTooLongIsTruncatedOnlyIfAsked() {
    Map<String, String> here = Map.of("TALLY_DATA", data);
    String event =
        "{\"event_type\":\"iam.CreateUser\",\"actor_id\":\"AIDA\",\"outcome\":\"failure\","
            + "\"actor_username\":\""
            + "n".repeat(300)
            + "\",\"occurred_at\":\"2020-05-01T00:00:00Z\"}\n";
    assertThat(run(here, event, "append").code()).isEqualTo(Failure.USAGE);
    assertThat(run(here, event, "append", "--truncate").out()).contains("1 entry appended");
    String list =
        run(
                here,
                "",
                "list",
                "--actor-id",
                "AIDA",
                "--outcome",
                "failure",
                "--occurred-since",
                "2020-05-01",
                "--occurred-until",
                "2020-05-01",
                "--format",
                "json")
            .out();
    assertThat(list)
        .contains("\"altered\":[\"actor_username\"]", "n".repeat(256) + "\"", "\"total\":1");
    assertThat(run(here, "", "list", "--severity-min", "grave").err()).contains("--severity-min");
  }

  @Test
  void aDirectoryIsNoFileOfEvents() {
    InProcess.Result result = run(Map.of("TALLY_DATA", data), "", "append", directory.toString());
    assertThat(result.code()).isEqualTo(Failure.USAGE);
    assertThat(result.err()).contains("is a directory").hasLineCount(1);
  }

  @Test
  void localCommandsAreRecordedWithTheAccountOfTheOperatingSystem() {
    Map<String, String> here = Map.of("TALLY_DATA", data);
    String account = ProcessHandle.current().info().user().orElseThrow();
    run(here, "", "keys", "create", "k", "--permission", "audit.append", "--lenient");
    run(here, "", "hold", "add", "--start-id", "1", "--end-id", "2", "--reason", "x");
    run(here, "", "hold", "release", "5");
    String entries = run(here, "", "export", "--since", "2020-01-01").out();
    assertThat(entries.lines().skip(3))
        .hasSize(3)
        .allMatch(line -> line.contains("\"actor_username\":\"" + account + "\""))
        .allMatch(line -> line.contains("\"local\":true"))
        .satisfiesOnlyOnce(line -> assertThat(line).contains("\"lenient\":true"));
    run(here, "", "keys", "create", "p", "--permission", "audit.append", "--personal", "actor_ip");
    assertThat(run(here, "", "keys", "list", "--format", "csv").out())
        .contains(",LENIENT,PERSONAL,", ",k,audit.append,,,yes,,", ",p,audit.append,,,,actor_ip,");
    assertThat(run(here, "", "keys", "list", "--format", "json").out())
        .contains("\"lenient\":true");
  }

  @Test
  void limitsOfServeAndArchiveAreNamed() {
    Map<String, String> here = Map.of("TALLY_DATA", data);
    for (String days : List.of("0", "100001", "-1", "x", "1000000")) {
      for (String command : List.of("serve", "archive")) {
        InProcess.Result refused = run(here, "", command, "--retention-days=" + days);
        assertThat(refused.code()).isEqualTo(Failure.USAGE);
        assertThat(refused.err())
            .contains("--retention-days must be between 1 and 100000, but was \"" + days + "\"");
      }
    }
    assertThat(run(here, "", "archive", "--retention-days=100000", "--dry-run").code()).isZero();
    assertThat(run(here, "", "serve", "--idle-timeout=0").err())
        .contains("--idle-timeout must be between 1 and 3600 seconds, but was \"0\"");
    assertThat(run(here, "", "serve", "--max-connections-per-address=100001").err())
        .contains("--max-connections-per-address must be between 1 and 100000, but was \"100001\"");
    for (String host : List.of("audit.example.com:8470", "https://x", "a b")) {
      assertThat(run(here, "", "serve", "--allowed-hosts=" + host).err())
          .contains("--allowed-hosts must be host names without a port", "but was \"" + host);
    }
    assertThat(run(here, "", "serve", "--trusted-proxy=10.0.0.0/33").err())
        .contains("--trusted-proxy is \"10.0.0.0/33\": the prefix after the slash must be");
  }

  @Test
  void theCommandLineGoesBeforeTheEnvironment() throws Exception {
    Map<String, String> elsewhere =
        Map.of("TALLY_URL", NOWHERE, "TALLY_ARCHIVE", directory.resolve("none.zip").toString());
    assertThat(run(elsewhere, "", "list", "--data", data).out()).contains("3 of 3 entries");
    InProcess.Result missing =
        run(Map.of("TALLY_URL", NOWHERE), "", "verify", "--data=" + directory.resolve("no"));
    assertThat(missing.code()).isEqualTo(Failure.UNREACHABLE);
    assertThat(missing.err()).doesNotContain("127.0.0.1");
    assertThat(run(Map.of("TALLY_URL", NOWHERE, "TALLY_DATA", data), "", "list").err())
        .contains(NOWHERE);
  }

  @Test
  void aFlagIsOnWhoeverSetsIt() throws Exception {
    Map<String, String> set = Map.of("TALLY_DATA", data, "TALLY_SECURITY", "true");
    assertThat(run(set, "", "list").out()).contains("1 of 1 entries");
    assertThat(run(set, "", "list", "--security").out()).contains("1 of 1 entries");
    Map<String, String> dry = Map.of("TALLY_DATA", data, "TALLY_DRY_RUN", "true");
    assertThat(run(dry, "", "archive", "--retention-days=1", "--dry-run", "--format=json").out())
        .contains("\"dry_run\":true");
  }

  @Test
  void aServerThatIsMissingIsDescribedInWords() throws Exception {
    Map<String, String> expected =
        Map.of(
            NOWHERE,
            "can't connect to " + NOWHERE + ": nothing accepts connections there",
            "http://nowhere.invalid",
            "can't connect to http://nowhere.invalid: there is no such host");
    for (Map.Entry<String, String> each : expected.entrySet()) {
      InProcess.Result missing = run(Map.of(), "", "list", "--url", each.getKey());
      assertThat(missing.code()).isEqualTo(Failure.UNREACHABLE);
      assertThat(missing.err()).startsWith("tally: " + each.getValue()).doesNotContain("Exception");
    }
  }

  @Test
  void everyCommandHasADescriptionOfItsOwn() throws Exception {
    List<String> descriptions =
        run(Map.of(), "", "--help")
            .out()
            .lines()
            .filter(line -> line.matches(" {2}[a-z-]+ {2,}\\S.*"))
            .map(line -> line.strip().replaceFirst("\\S+ +", ""))
            .toList();
    assertThat(descriptions).hasSizeGreaterThan(20).doesNotHaveDuplicates();
  }

  /** Help begins with a verb or a noun, ends without a full stop, and shows the default. */
  @Test
  void helpLinesHaveOneStyle() throws Exception {
    List<String> page = run(Map.of(), "", "generate-man-page").out().lines().toList();
    List<String> lines =
        page.subList(page.indexOf(".SH \"COMMANDS\""), page.indexOf(".SH \"NOTES\"")).stream()
            .filter(line -> line.startsWith("\\&"))
            .map(line -> line.substring(2).replace("\\-", "-"))
            .toList();
    assertThat(lines)
        .hasSizeGreaterThan(150)
        .allMatch(line -> line.matches("[A-Z\\\\].*[^.]"))
        .noneMatch(line -> line.matches("(The|A|An|Where|Its|Those|Whether) .*"));
    List<String> usage =
        run(Map.of(), "", "serve", "--help").out().lines().map(String::strip).toList();
    assertThat(usage).anyMatch(line -> line.endsWith("Show this help and exit"));
    assertThat(String.join(" ", usage))
        .contains("(default: 8470)", "(default: 127.0.0.1)", "(default: forever)");
  }

  @Test
  void alternativesExcludeEachOther() throws Exception {
    InProcess.Result both = run(Map.of(), "", "list", "--data", data, "--url", NOWHERE);
    assertThat(both.code()).isEqualTo(Failure.USAGE);
    assertThat(both.err()).contains("--data and --url exclude each other");
  }

  @Test
  void listsTakeBlanksAndNoGaps() throws Exception {
    Map<String, String> blank =
        Map.of("TALLY_DATA", data, "TALLY_EVENT_TYPE", " a.b , auth.login.failed ");
    assertThat(run(blank, "", "list").out()).contains("2 of 2 entries");
    for (String gap : List.of(",", "a.b,", "a.b,,c")) {
      for (InProcess.Result refused :
          List.of(
              run(Map.of("TALLY_DATA", data, "TALLY_EVENT_TYPE", gap), "", "list"),
              run(Map.of("TALLY_DATA", data), "", "list", "--event-type", gap))) {
        assertThat(refused.code()).as(gap).isEqualTo(Failure.USAGE);
        assertThat(refused.err()).contains("--event-type is \"" + gap + "\"");
      }
    }
  }

  @Test
  void variablesOfOtherProgramsDoNotMatter() throws Exception {
    Map<String, String> others =
        Map.of(
            "TALLY_DATA", data, "TALLY_VERSION", "1.0", "TALLY_HELP", "me", "TALLY_FORMAT", "json");
    assertThat(run(others, "", "list").out()).startsWith("{");
    assertThat(run(others, "", "export").out()).hasLineCount(3);
    Map<String, String> export = Map.of("TALLY_DATA", data, "TALLY_EXPORT_FORMAT", "csv");
    assertThat(run(export, "", "export").out()).startsWith("id,");
    Map<String, String> empty =
        Map.of(
            "TALLY_DATA",
            data,
            "TALLY_RETENTION_DAYS",
            "",
            "SIMPLETUNER_AUDIT_RETENTION_DAYS",
            "30",
            "TALLY_DRY_RUN",
            "true");
    assertThat(run(empty, "", "archive").out()).contains("nothing to remove");
  }

  @Test
  void holdsAndRetentionMakeNoLog() throws Exception {
    String none = directory.resolve("none").toString();
    for (List<String> words :
        List.of(
            List.of("hold", "list"),
            List.of("hold", "add", "--start-id=1", "--end-id=1", "--reason=x"),
            List.of("archive", "--retention-days=1"))) {
      assertThat(run(Map.of("TALLY_DATA", none), "", words.toArray(new String[0])).code())
          .isEqualTo(Failure.UNREACHABLE);
    }
    assertThat(Path.of(none)).doesNotExist();
  }

  @Test
  void aKeyThatLivesElsewhereIsNamed() throws Exception {
    Path key = directory.resolve("checkpoint.key");
    Files.move(Path.of(data, "keys", "checkpoint.key"), key);
    Map<String, String> log = Map.of("TALLY_DATA", data);
    String event = "{\"event_type\":\"a.b\"}\n";
    assertThat(run(log, event, "append").code()).isEqualTo(Failure.UNREACHABLE);
    assertThat(run(log, event, "append", "--key-file", key.toString()).out())
        .contains("the last one is");
    assertThat(
            run(
                    Map.of("TALLY_DATA", data, "TALLY_KEY_FILE", key.toString()),
                    "",
                    "keys",
                    "create",
                    "ci",
                    "--permission",
                    "audit.append, admin.audit",
                    "--expires",
                    "90d",
                    "--format",
                    "csv")
                .out())
        .startsWith("ID,NAME,PERMISSIONS,EXPIRES,KEY\r\n")
        .contains(
            ",ci,audit.append admin.audit,"
                + Instant.now().plusSeconds(90 * 86_400L).toString().substring(0, 7));
  }

  @Test
  void aBadCertificateLeavesNoLogBehind() throws Exception {
    Path nothing = Files.writeString(directory.resolve("tls.pem"), "nothing");
    String none = directory.resolve("none").toString();
    InProcess.Result refused =
        run(
            Map.of("TALLY_DATA", none, "TALLY_PORT", "0"),
            "",
            "serve",
            "--tls-cert=" + nothing,
            "--tls-key=" + nothing);
    assertThat(refused.code()).isNotZero();
    assertThat(Path.of(none)).doesNotExist();
  }

  @Test
  void everyFormatIsObeyed() throws Exception {
    Map<String, String> log = Map.of("TALLY_DATA", data);
    assertThat(run(log, "", "tail", "--format=csv").out()).startsWith("id,").hasLineCount(4);
    assertThat(run(log, "", "key", "--format=csv").out()).startsWith("VERIFIER KEY\r\n");
    assertThat(run(log, "", "tail", "--lines=501").err())
        .contains("--lines must be between 1 and 500, but was 501");
    assertThat(
            run(
                    log,
                    "",
                    "hold",
                    "add",
                    "--start-id=1",
                    "--end-id=2",
                    "--reason=court",
                    "--format=csv")
                .out())
        .startsWith("ID,FIRST ID")
        .contains(",1,2,", ",court\r\n");
    assertThat(run(log, "", "user", "1", "--event-type", "a.b,c").code()).isZero();
    assertThat(run(log, "", "auth", "audit", "key").out()).contains("+");
    assertThat(run(log, "", "auth", "audit", "prove", "1").out()).contains("c2sp.org");
  }

  @Test
  void aKeyFileThatOthersMayReadIsRefused() throws Exception {
    Path key = Files.writeString(directory.resolve("api.key"), "tally_x_y");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    InProcess.Result refused =
        run(Map.of(), "", "list", "--url", NOWHERE, "--api-key-file", key.toString());
    assertThat(refused.code()).isEqualTo(Failure.NOT_PERMITTED);
    assertThat(refused.err()).contains("chmod 600 " + key).doesNotContain("tally_x_y");
  }

  @Test
  void aKeyThatNothingIsCheckedAgainstIsRefused() {
    String key = run(Map.of("TALLY_DATA", data), "", "key").out().strip();
    InProcess.Result refused = run(Map.of(), "", "list", "--data", data, "--key", key);
    assertThat(refused.code()).isEqualTo(Failure.USAGE);
    assertThat(refused.err()).contains("--key is checked against an archive only");
    Map<String, String> variable = Map.of("TALLY_DATA", data, "TALLY_KEY", key);
    assertThat(run(variable, "", "list").code()).isZero();
    assertThat(run(variable, "", "verify").code()).isZero();
  }
}
