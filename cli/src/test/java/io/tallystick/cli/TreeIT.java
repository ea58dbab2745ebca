package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.store.LogReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an auditor takes away with the command line, and checks elsewhere. */
class TreeIT {
  @TempDir Path directory;

  private static Tally.Result tally(Map<String, String> environment, String... arguments)
      throws Exception {
    return Tally.run(environment, "", arguments);
  }

  @Test
  void whatIsTakenAwayIsCheckedWithoutTheLog() throws Exception {
    Path data = directory.resolve("log");
    try (Tally.Server server = Tally.Server.start(data)) {
      takeAwayAndCheck(server.environment(), "server");
    }
    takeAwayAndCheck(Map.of("TALLY_DATA", data.toString()), "directory");
  }

  private void takeAwayAndCheck(Map<String, String> log, String where) throws Exception {
    assertThat(Tally.run(log, "{\"event_type\":\"auth.logout\"}\n".repeat(300), "append").code())
        .isZero();
    String key = tally(log, "key").out().strip();
    String proof = directory.resolve(where + ".tlog-proof").toString();
    String checkpoint = directory.resolve(where + ".note").toString();
    String bundle = directory.resolve(where + ".zip").toString();
    assertThat(tally(log, "prove", "7", "--out", proof).code()).isZero();
    assertThat(tally(log, "checkpoint", "--out", checkpoint).code()).isZero();
    assertThat(tally(log, "export", "--event-type", "auth.*", "--proofs", "--out", bundle).code())
        .isZero();
    assertThat(tally(log, "checkpoint", "list", "--format", "csv").out())
        .contains(Files.readAllLines(Path.of(checkpoint)).get(1) + ",");

    Tally.Result proved = tally(Map.of(), "verify-proof", proof, "--key", key);
    assertThat(proved.code()).as(proved.toString()).isZero();
    assertThat(proved.out()).contains("valid: entry 7 is among the").contains("\"id\":7,");
    Tally.Result evidence = tally(Map.of(), "verify-bundle", bundle, "--key", key);
    assertThat(evidence.code()).as(evidence.toString()).isZero();

    Tally.Result good = tally(log, "verify", "--checkpoint", checkpoint, "--key", key);
    assertThat(good.code()).as(good.toString()).isZero();
    String strangers = "other.example/log+d6bd66f4+Ad1lxjkdOsQhVJCMJFGAw7vbKSdZHpSnEKIUZjJ0kBt4";
    assertThat(tally(log, "verify", "--key", "nonsense").code()).isEqualTo(Failure.USAGE);
    assertThat(tally(Map.of(), "verify-proof", proof, "--key", strangers).code())
        .isIn(Failure.NOT_VALID, Failure.USAGE);

    byte[] changed = Files.readAllBytes(Path.of(proof));
    for (int i = 30; i < changed.length; i += 97) {
      changed[i] ^= 4;
      Path file = Files.write(directory.resolve("changed"), changed);
      Tally.Result refused = tally(Map.of(), "verify-proof", file.toString(), "--key", key);
      assertThat(refused.code()).as("byte %d: %s", i, refused).isEqualTo(Failure.NOT_VALID);
      changed[i] ^= 4;
      i += 200;
    }
  }

  /** Proofs at many places, checked by a page of code that shares nothing with ours. */
  @Test
  void proofsVerifyWithASecondImplementation() throws Exception {
    Path data = directory.resolve("log");
    Map<String, String> log = Map.of("TALLY_DATA", data.toString());
    assertThat(Tally.run(log, "{\"event_type\":\"auth.logout\"}\n".repeat(700), "append").code())
        .isZero();
    String key = tally(log, "key").out().strip();
    LogReader reader = LogReader.open(data);
    for (long id : new long[] {1, 2, 256, 257, 512, 513, 701}) {
      Path file = directory.resolve(id + ".tlog-proof");
      assertThat(tally(log, "prove", Long.toString(id), "--out", file.toString()).code()).isZero();
      byte[] proof = Files.readAllBytes(file);
      byte[] entry = reader.read(id).orElseThrow().bytes();
      assertThat(SecondVerifier.verify(proof, entry, key)).isEqualTo(701);
      byte[] other = reader.read(id == 1 ? 2 : id - 1).orElseThrow().bytes();
      assertThatThrownBy(() -> SecondVerifier.verify(proof, other, key))
          .hasMessageContaining("root");
    }
  }

  @Test
  void anotherLogInItsPlaceIsNoticedByWhoeverKeptACheckpoint() throws Exception {
    Path data = directory.resolve("log");
    Path other = directory.resolve("other");
    String checkpoint = directory.resolve("kept.note").toString();
    Map<String, String> log = Map.of("TALLY_DATA", data.toString());
    for (Path each : new Path[] {data, other}) {
      Map<String, String> environment = Map.of("TALLY_DATA", each.toString());
      assertThat(
              Tally.run(environment, "{\"event_type\":\"auth.logout\"}\n".repeat(9), "append")
                  .code())
          .isZero();
    }
    String key = tally(log, "key").out().strip();
    assertThat(tally(log, "checkpoint", "--out", checkpoint).code()).isZero();
    Files.copy(
        other.resolve("checkpoint"),
        data.resolve("checkpoint"),
        StandardCopyOption.REPLACE_EXISTING);
    Tally.Result report = tally(log, "verify", "--key", key, "--checkpoint", checkpoint);
    assertThat(report.code()).isEqualTo(Failure.NOT_VALID);
    assertThat(report.out()).contains("checkpoint");
    assertThat(tally(log, "stats").code()).isNotZero();
  }

  @Test
  void aKeyIsRotatedWhileNoServerRuns() throws Exception {
    Path data = directory.resolve("log");
    Map<String, String> log = Map.of("TALLY_DATA", data.toString());
    assertThat(Tally.run(log, "{\"event_type\":\"auth.logout\"}", "append").code()).isZero();
    String before = tally(log, "key").out().strip();
    Tally.Result rotated = tally(log, "key", "rotate");
    assertThat(rotated.code()).as(rotated.toString()).isZero();
    assertThat(tally(log, "key").out()).isEqualTo(rotated.out() + before + "\n");
    assertThat(tally(log, "verify").code()).isZero();
    assertThat(Files.readString(data.resolve("keys/checkpoint.key"), StandardCharsets.US_ASCII))
        .startsWith("PRIVATE+KEY+");
    try (Tally.Server server = Tally.Server.start(data)) {
      assertThat(tally(log, "key", "rotate").code()).isEqualTo(Failure.UNREACHABLE);
      assertThat(tally(server.environment(), "verify").code()).isZero();
    }
  }
}
