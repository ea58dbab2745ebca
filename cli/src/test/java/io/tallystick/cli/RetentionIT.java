package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retention, legal holds and archives from the command line, on a log with three old days. */
class RetentionIT {
  @TempDir Path directory;
  private Path data;
  private Map<String, String> log;

  @BeforeEach
  void makeAnOldLog() throws Exception {
    data = directory.resolve("log");
    log = Map.of("TALLY_DATA", data.toString());
    for (int day = 1; day <= 3; day++) {
      Clock clock = Clock.fixed(Instant.parse("2025-03-0" + day + "T10:10:00Z"), ZoneOffset.UTC);
      try (AuditLog writer = AuditLog.open(data, LogConfig.builder().clock(clock).build())) {
        Event failed = Event.builder("auth.login.failed").actorId((long) day).build();
        writer.append(Collections.nCopies(100, failed), null).get();
      }
    }
    // This makes a segment of today, which stays.
    assertThat(run("append", "{\"event_type\":\"auth.logout\"}\n").code()).isZero();
  }

  private Tally.Result run(String command, String input) throws Exception {
    return Tally.run(log, input, command);
  }

  private static String good(Map<String, String> environment, String... arguments)
      throws Exception {
    Tally.Result result = Tally.run(environment, "", arguments);
    assertThat(result.code()).as(result.toString()).isZero();
    assertThat(result.err()).isEmpty();
    return result.out();
  }

  @Test
  void oldEntriesAreArchivedUnlessTheyAreHeld() throws Exception {
    String key = good(log, "key").strip();
    Path exported = directory.resolve("before.note");
    good(log, "checkpoint", "--out", exported.toString());

    assertThat(good(log, "archive", "--retention-days", "30", "--dry-run"))
        .contains("dry run", "2025-03-01", "2025-03-03");
    assertThat(data.resolve("archive")).doesNotExist();

    String placed =
        good(log, "hold", "add", "--start-id", "150", "--end-id", "160", "--reason", "case 7");
    String hold = placed.replaceAll("\\D+", " ").strip();
    assertThat(good(log, "hold", "list")).contains("case 7", hold);
    assertThat(good(log, "archive", "--retention-days", "30"))
        .contains("1-101.zip", "hold " + hold + " keeps entries 150 to 160", "case 7")
        .contains("the log begins at entry 102");

    good(log, "hold", "release", hold);
    assertThat(Tally.run(log, "", "hold", "release", hold).code()).isEqualTo(Failure.USAGE);
    assertThat(good(log, "archive", "--retention-days", "30"))
        .contains("102-201.zip", "202-301.zip", "the log begins at entry 302");
    assertThat(good(log, "archive", "--retention-days", "30")).contains("nothing to remove");

    assertThat(good(log, "verify", "--checkpoint", exported.toString(), "--key", key))
        .contains("valid: entries 302 to");
    assertThat(good(log, "list", "--event-type", "auth.login.failed")).contains("0 of 0 entries");
    assertThat(good(log, "types", "--format", "json"))
        .contains("\"value\":\"audit.retention.archived\"");
    assertThat(good(log, "stats", "--format", "json")).contains("\"failed_logins\":0");
    Tally.Result gone = Tally.run(log, "", "verify", "--start-id", "5", "--end-id", "400");
    assertThat(gone.err()).contains("archive/1-101.zip", "begins at entry 302");
    assertThat(gone.code()).isEqualTo(Failure.UNREACHABLE);

    archivesAreReadAndVerified(key);
  }

  private void archivesAreReadAndVerified(String key) throws Exception {
    String archive = data.resolve("archive/102-201.zip").toString();
    assertThat(good(Map.of(), "verify", "--archive", archive, "--key", key))
        .contains("valid: entries 102 to 201 are among");
    assertThat(
            good(
                Map.of(),
                "list",
                "--archive",
                archive,
                "--key",
                key,
                "--actor-id",
                "2",
                "--limit",
                "3"))
        .contains("3 of 100 entries");
    assertThat(good(Map.of(), "list", "--archive", archive, "--key", key, "--actor-id", "1"))
        .contains("0 of 0 entries");
    assertThat(good(Map.of(), "export", "--archive", archive, "--key", key).lines()).hasSize(100);
    Path restored = directory.resolve("restored");
    String others = data.resolve("archive/1-101.zip").toString();
    assertThat(
            good(Map.of(), "restore", others, archive, "--data", restored.toString(), "--key", key))
        .contains("201 entries restored");
    Map<String, String> there = Map.of("TALLY_DATA", restored.toString());
    assertThat(good(there, "stats", "--format", "json")).contains("\"failed_logins\":200");
    assertThat(good(there, "verify")).contains("valid: entries 1 to 201");
    Tally.Result refused = Tally.run(there, "{\"event_type\":\"auth.logout\"}\n", "append");
    assertThat(refused.code()).isEqualTo(Failure.UNREACHABLE);
    assertThat(refused.err()).contains("restored from archives");

    byte[] bytes = Files.readAllBytes(Path.of(archive));
    bytes[bytes.length / 2] ^= 1;
    Path changed = Files.write(directory.resolve("changed.zip"), bytes);
    for (String[] command :
        new String[][] {
          {"verify", "--archive", changed.toString(), "--key", key},
          {"list", "--archive", changed.toString()}
        }) {
      Tally.Result damaged = Tally.run(Map.of(), "", command);
      assertThat(damaged.code())
          .as(damaged.toString())
          .isIn(Failure.NOT_VALID, Failure.UNREACHABLE);
      assertThat(damaged.err()).doesNotContain("\tat ");
    }
  }

  /** The variable of the audit-logging document. */
  @Test
  void theServerTakesOldEntriesOutByItself() throws Exception {
    Map<String, String> days = Map.of("SIMPLETUNER_AUDIT_RETENTION_DAYS", "365");
    try (Tally.Server server = Tally.Server.start(data, days, "--retention-mode", "purge")) {
      for (int i = 0; i < 300 && total(server) > 0; i++) {
        Thread.sleep(100);
      }
      assertThat(total(server)).isZero();
      assertThat(server.get("/api/audit/verify").body()).contains("\"valid\":true");
      assertThat(server.get("/api/audit/entries/5").statusCode()).isEqualTo(410);
      assertThat(good(server.environment(), "hold", "list", "--format", "json"))
          .contains("\"holds\":[]");
      assertThat(good(server.environment(), "archive", "--retention-days", "30"))
          .contains("nothing to remove");
    }
    assertThat(data.resolve("archive")).doesNotExist();
  }

  private static int total(Tally.Server server) throws IOException, InterruptedException {
    String answer = server.get("/api/audit?event_type=auth.login.failed&limit=1").body();
    return Integer.parseInt(answer.replaceAll("(?s).*\"total\":(\\d+).*", "$1"));
  }
}
