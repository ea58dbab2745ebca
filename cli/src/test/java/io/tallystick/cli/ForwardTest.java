package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.entry.Event;
import io.tallystick.forward.Forwarding;
import io.tallystick.forward.ForwardingFile;
import io.tallystick.http.AuditServer;
import io.tallystick.http.ServerConfig;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tally forward}: the file, and the commands that ask a server. */
class ForwardTest {
  @TempDir Path directory;

  private static InProcess.Result run(Map<String, String> environment, String... arguments) {
    return InProcess.run(environment, "", arguments);
  }

  /** Compares a CSV file with the columns {@code Id} and {@code Seq}. */
  private static InProcess.Result reconcile(
      Map<String, String> environment, Path export, String... more) {
    List<String> arguments = new ArrayList<>(List.of("forward", "reconcile", "copy"));
    Collections.addAll(arguments, "--export", export.toString(), "--map", "id=Id,seq=Seq");
    Collections.addAll(arguments, more);
    return run(environment, arguments.toArray(new String[0]));
  }

  private InProcess.Result add(String... more) {
    List<String> arguments = new ArrayList<>(List.of("forward", "add", yaml().toString()));
    Collections.addAll(arguments, more);
    return run(Map.of(), arguments.toArray(new String[0]));
  }

  private Path yaml() {
    return directory.resolve("forward.yaml");
  }

  @Test
  void sinksAreAddedToTheFileIfAllOfItIsRight() throws Exception {
    InProcess.Result first = add("copy", "file", "path=copy.ndjson", "filter={event_type: auth.*}");
    assertThat(first.err()).isEmpty();
    assertThat(first.code()).isZero();
    assertThat(add("other", "file", "path=other.ndjson", "batch=7").code()).isZero();
    String good = Files.readString(yaml());
    assertThat(ForwardingFile.read(yaml(), "example.com/log").sinks()).hasSize(2);

    for (List<String> wrong :
        List.of(
            List.of("copy", "file", "path=x"),
            List.of("a", "carrier-pigeon", "path=x"),
            List.of("a", "file"),
            List.of("a", "file", "path=x", "speed=9"),
            List.of("a", "file", "path=x", "batch=0"),
            List.of("a", "file", "path=x", "filter={event_typ: auth.*}"),
            List.of("a", "file", "path=x", "format=morse"),
            List.of("A B", "file", "path=x"))) {
      InProcess.Result refused = add(wrong.toArray(new String[0]));
      assertThat(refused.code()).as(wrong + "").isEqualTo(Failure.USAGE);
      assertThat(refused.err()).startsWith("tally: " + yaml() + ": sinks[2]");
      assertThat(Files.readString(yaml())).isEqualTo(good);
    }
    assertThat(add("a", "carrier-pigeon").err()).contains("type must be one of file, webhook");
    assertThat(add("a", "file", "path=x", "speed=9").err())
        .contains("\"speed\" is unknown; allowed here: ")
        .contains("rotate_bytes");
  }

  @Test
  void theServerSaysAtOnceWhatIsWrongWithTheFile() throws Exception {
    Files.writeString(yaml(), "sinks:\n  - {name: copy, type: file}\n");
    InProcess.Result refused =
        run(
            Map.of(),
            "serve",
            "--data",
            directory.resolve("data").toString(),
            "--forward",
            yaml().toString());
    assertThat(refused.code()).isEqualTo(Failure.USAGE);
    assertThat(refused.err())
        .isEqualTo("tally: --forward: " + yaml() + ": sinks[0] (copy): path is missing\n");
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void sinksAreListedPausedReconciledAndDrained() throws Exception {
    assertThat(add("copy", "file", "path=copy.ndjson").code()).isZero();
    try (AuditLog log = AuditLog.open(directory.resolve("data"), LogConfig.defaults());
        AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
      log.append(Collections.nCopies(40, Event.of("order.placed")), "shop").get();
      String origin = log.reader().identity().origin();
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      try (Forwarding forwarding =
              Forwarding.start(ForwardingFile.read(yaml(), origin), log, index);
          AuditServer server =
              AuditServer.start(
                  log,
                  index,
                  keys,
                  ServerConfig.builder().port(0).build(),
                  new WitnessFeeder(log.reader().tree(), List.of(), WitnessFeeder.EVERY),
                  forwarding)) {
        while (forwarding.status("copy").lagEntries() > 0) {
          Thread.sleep(20);
        }
        commands(
            Map.of(
                "TALLY_URL",
                "http://127.0.0.1:" + server.port(),
                "TALLY_API_KEY",
                Files.readString(log.reader().directory().adminKey()).strip()));
      }
    }
  }

  private void commands(Map<String, String> server) throws Exception {
    assertThat(run(server, "forward", "list", "--format", "csv").out())
        .contains("copy,file,native,running,confirmed,");
    assertThat(run(server, "forward", "pause", "copy").out()).contains("paused");
    assertThat(run(server, "forward", "status", "copy", "--format", "json").out())
        .contains("\"condition\":\"paused\"");
    assertThat(run(server, "forward", "drain", "copy").code()).isEqualTo(Failure.USAGE);
    assertThat(run(server, "forward", "resume", "copy").code()).isZero();
    assertThat(run(server, "forward", "drain", "copy").out()).isEqualTo("0 sent, 0 left\n");
    assertThat(run(server, "forward", "dead-letters", "copy").code()).isZero();
    InProcess.Result whole = run(server, "forward", "reconcile", "copy");
    assertThat(whole.err()).isEmpty();
    assertThat(whole.code()).isZero();
    assertThat(whole.out()).startsWith("complete: ");

    Path export = directory.resolve("export.csv");
    List<String> rows = new ArrayList<>(List.of("Id,Seq"));
    for (int id = 1; id <= 20; id++) {
      rows.add(id + "," + id);
    }
    rows.add("999999,5");
    Files.write(export, rows);
    InProcess.Result part = reconcile(server, export);
    assertThat(part.code()).isEqualTo(Failure.NOT_VALID);
    assertThat(part.out()).startsWith("NOT COMPLETE: ").contains("unknown  999999  5");
    assertThat(part.out()).contains("through seq 20,").contains("not compared: seq 21 to ");
    assertThat(part.out()).doesNotContain("does not hold any more");
    assertThat(reconcile(server, export, "--through-seq", "30").out())
        .contains("through seq 30,")
        .contains("missing 10,");
    InProcess.Result few = reconcile(server, export, "--through-seq", "30", "--limit", "3");
    assertThat(few.out().lines().filter(line -> line.startsWith("missing  ")).count()).isEqualTo(3);
    assertThat(few.out())
        .endsWith("not shown: 7 missing; --limit 1000 shows up to so many of each\n");
    InProcess.Result wrong = run(server, "forward", "reconcile", "copy", "--limit", "1001");
    assertThat(wrong.err()).isEqualTo("tally: --limit must be between 0 and 1,000, but was 1001\n");
    assertThat(run(server, "forward", "status", "nope").code()).isEqualTo(Failure.USAGE);
    assertThat(run(Map.of(), "forward", "list").err())
        .contains("this needs a running server; name it with --url");
  }
}
