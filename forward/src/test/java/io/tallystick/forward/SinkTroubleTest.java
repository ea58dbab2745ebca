package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.service.Actor;
import io.tallystick.store.log.ChecksummedFile;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A sink in trouble holds up no other, reports it, and repairs nothing silently. */
class SinkTroubleTest {
  private static final String FILE =
      """
      sinks:
        - name: copy
          type: file
          path: out/copy.ndjson
      """;

  @TempDir Path directory;

  @Test
  void aDeadSinkHoldsUpNeitherAnotherNorAppends() throws Exception {
    Files.createDirectory(directory.resolve("out"));
    try (ForwardingLog log = new ForwardingLog(directory);
        WebhookReceiver receiver = new WebhookReceiver()) {
      String dead = receiver.yaml(directory, Map.of());
      receiver.kill();
      log.start(FILE + dead);
      log.append("order.placed", 3_000);
      SinkStatus good = log.awaitDone("copy");
      assertThat(good.condition()).isEqualTo("running");
      assertThat(good.seq()).isGreaterThan(3_000);
      ForwardingLog.await(() -> log.forwarding().status("hook").errors() > 0);
      SinkStatus bad = log.forwarding().status("hook");
      assertThat(bad.condition()).isEqualTo("retrying");
      assertThat(bad.seq()).isZero();
      assertThat(bad.lagEntries()).isGreaterThan(3_000);
      assertThat(bad.failingSince()).isNotNull();
    }
  }

  @Test
  void aSinkThatFailsForTooLongIsDisabledUntilAPersonResumesIt() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      ForwardingFile file = ForwardingFile.parse("forward.yaml", FILE, log.origin(), directory);
      SinkConfig config = file.sinks().getFirst();
      SinkConfig impatient =
          new SinkConfig(
              config.type(),
              config.format(),
              config.filter(),
              config.settings(),
              config.redaction(),
              config.original(),
              config.batch(),
              config.maxRecordBytes(),
              config.markerEntries(),
              config.markerEvery(),
              Duration.ofMillis(300),
              null);
      log.append("order.placed", 10);
      log.start(new ForwardingFile(List.of(impatient)));
      ForwardingLog.await(() -> log.forwarding().status("copy").condition().equals("disabled"));
      ForwardingLog.await(() -> log.recorded().contains("audit.forward.disabled"));
      assertThat(log.forwarding().status("copy").reason()).contains("does not exist");
      log.stop();
      Files.createDirectory(directory.resolve("out"));
      log.start(FILE);
      Thread.sleep(500);
      assertThat(log.forwarding().status("copy").condition()).isEqualTo("disabled");
      assertThat(log.forwarding().status("copy").seq()).isZero();
      log.forwarding().resume("copy", new Actor("ops", "127.0.0.1"));
      assertThat(log.awaitDone("copy").condition()).isEqualTo("running");
      assertThat(log.recorded()).contains("audit.forward.resumed");
      assertThat(log.forwarding().reconcile("copy", null, false, Actor.SERVER).complete()).isTrue();
    }
  }

  @Test
  void aPausedSinkStaysPausedAcrossARestart() throws Exception {
    Files.createDirectory(directory.resolve("out"));
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.start(FILE);
      log.awaitDone("copy");
      SinkStatus paused = log.forwarding().pause("copy", new Actor("ops", null));
      assertThat(paused.condition()).isEqualTo("paused");
      assertThat(paused.reason()).isEqualTo("paused by ops");
      log.stop();
      log.append("order.placed", 10);
      log.start(FILE);
      Thread.sleep(400);
      SinkStatus after = log.forwarding().status("copy");
      assertThat(after.lagEntries()).isGreaterThanOrEqualTo(10);
      assertThat(after.seq()).isEqualTo(paused.seq()).isPositive();
      ReconciliationReport report = log.forwarding().reconcile("copy", null, false, Actor.SERVER);
      assertThat(report.complete()).isTrue();
      assertThat(report.expected()).isEqualTo(paused.seq());
      log.forwarding().resume("copy", Actor.SERVER);
      log.awaitDone("copy");
      assertThat(log.forwarding().reconcile("copy", null, false, Actor.SERVER).complete()).isTrue();
    }
  }

  /** An attacker who can write the position, checksum and all, is found at the next start. */
  @ParameterizedTest
  @CsvSource({
    "next_id,   60, 'entry 5', should have been forwarded after seq",
    "next_id,   9000, it forwarded entries up to 8999, but the log ends with entry",
    "last_hash, 00, is not the one that was forwarded as seq, the log or the position was changed",
    "seq,       70, its position counts 70 entries, but there are",
    "seq,       71, contradicts itself, a tree of 71 leaves",
    "origin,    other.example, another log, other.example",
    "filter,    00, its filter was changed, give the sink another name",
    "format,    00, 'its format, original, redact or', give the sink another name",
  })
  void aPositionThatWasTamperedWithStopsTheSink(
      String field, String value, String first, String second) throws Exception {
    Files.createDirectory(directory.resolve("out"));
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 50);
      log.start(FILE);
      log.awaitDone("copy");
      log.stop();
      log.append("order.placed", 50);
      Path folder = directory.resolve("data/forward/copy");
      Path position = folder.resolve("position.json");
      Position before = ChecksummedFile.read(position, Position.class);
      ObjectNode changed = ForwardingLog.JSON.valueToTree(before);
      if (value.matches("[0-9]{2,}") && !field.matches("last_hash|filter|format")) {
        changed.put(field, Long.parseLong(value));
      } else {
        changed.put(field, value);
      }
      ForwardingLog.JSON.treeToValue(changed, Position.class).write(folder);
      List<String> held = Files.readAllLines(directory.resolve("out/copy.ndjson"));
      log.start(FILE);
      ForwardingLog.await(() -> log.forwarding().status("copy").condition().equals("stopped"));
      assertThat(log.forwarding().status("copy").reason()).contains(second);
      assertThat(log.forwarding().status("copy").reason()).contains(first.strip());
      assertThat(Files.readAllLines(directory.resolve("out/copy.ndjson"))).isEqualTo(held);

      before.write(folder);
      log.forwarding().resume("copy", Actor.SERVER);
      log.awaitDone("copy");
      assertThat(log.forwarding().reconcile("copy", null, false, Actor.SERVER).complete()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "\0\0\0", "null", "{\"seq\": 1}", "checksum"})
  void aPositionThatIsDamagedStopsTheSinkUntilItIsDeleted(String damage) throws Exception {
    Files.createDirectory(directory.resolve("out"));
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 50);
      log.start(FILE);
      log.awaitDone("copy");
      log.stop();
      Path position = directory.resolve("data/forward/copy/position.json");
      Files.writeString(
          position,
          damage.equals("checksum")
              ? Files.readString(position).replaceFirst("\"seq\" : ", "\"seq\" : 1")
              : damage);
      log.start(FILE);
      ForwardingLog.await(() -> !log.forwarding().status("copy").condition().equals("running"));
      SinkStatus status = log.forwarding().status("copy");
      assertThat(status.condition()).isEqualTo("stopped");
      assertThat(status.reason())
          .startsWith(position + " is damaged")
          .contains("delete it to begin again from seq 1")
          .doesNotContain("Restore", "Unexpected", "token");
      assertThatThrownBy(() -> log.forwarding().reconcile("copy", null, false, Actor.SERVER))
          .isInstanceOf(MismatchException.class)
          .hasMessageContaining("is damaged");
      log.forwarding().resume("copy", Actor.SERVER);
      ForwardingLog.await(() -> log.forwarding().status("copy").condition().equals("stopped"));

      Files.delete(position);
      log.stop();
      log.start(FILE);
      log.awaitDone("copy");
      List<String> started = log.details("audit.forward.started");
      assertThat(started.getLast()).contains("\"next_id\":1", "\"seq\":0");
      assertThat(started.get(1)).doesNotContain("seq");
    }
  }

  @Test
  void aPositionOfAnotherSinkStopsTheSink() throws Exception {
    Files.createDirectory(directory.resolve("out"));
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 50);
      log.start(FILE);
      log.awaitDone("copy");
      log.stop();
      Path other = Files.createDirectories(directory.resolve("data/forward/other"));
      Files.copy(
          directory.resolve("data/forward/copy/position.json"), other.resolve("position.json"));
      log.start(FILE.replace("name: copy", "name: other").replace("copy.ndjson", "other.ndjson"));
      ForwardingLog.await(() -> log.forwarding().status("other").condition().equals("stopped"));
      assertThat(log.forwarding().status("other").reason())
          .contains("its position is that of the sink copy");
      assertThat(directory.resolve("out/other.ndjson")).doesNotExist();
    }
  }

  @Test
  void aFullDeviceIsRetriedUntilThereIsRoomAndLeavesNoHalfRecord() throws Exception {
    Path device = Files.createDirectory(directory.resolve("out"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=2m", "none", device.toString()) == 0,
        "a tmpfs can't be mounted");
    try (ForwardingLog log = new ForwardingLog(directory)) {
      Path ballast = device.resolve("ballast");
      Files.write(ballast, new byte[1_500_000]);
      log.append("order.placed", 3_000);
      log.start(FILE);
      ForwardingLog.await(() -> log.forwarding().status("copy").errors() >= 2);
      assertThat(log.forwarding().status("copy").reason()).contains("no room on the device");
      String full = Files.readString(device.resolve("copy.ndjson"));
      assertThat(full).endsWith("}\n");
      Files.delete(ballast);
      log.awaitDone("copy");
      assertThat(log.forwarding().reconcile("copy", null, false, Actor.SERVER).complete()).isTrue();
    } finally {
      run("umount", "-l", device.toString());
    }
  }

  private static int run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    process.getInputStream().transferTo(said);
    return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }
}
