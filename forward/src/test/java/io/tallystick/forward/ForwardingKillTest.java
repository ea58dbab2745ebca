package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.service.Actor;
import io.tallystick.store.SmallJava;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process that forwards is killed again and again while two sinks take 20,000 entries. */
class ForwardingKillTest {
  private static final int ENTRIES = 20_000;
  private static final int KILLS = 5;

  @TempDir Path directory;

  /** Appends what is missing of the entries while the sinks run, until it is killed. */
  static final class Program {
    private Program() {}

    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws Exception {
      Path directory = Path.of(arguments[0]);
      try (ForwardingLog log = new ForwardingLog(directory)) {
        log.start(Files.readString(directory.resolve("forward.yaml")));
        System.out.println("ready");
        while (log.log.lastId() < ENTRIES) {
          log.append("order.placed", 100);
        }
        Thread.sleep(TimeUnit.MINUTES.toMillis(1));
      }
    }
  }

  @Test
  void afterKillsNothingIsMissingAndWhatCameTwiceIsKnownByItsSeq() throws Exception {
    Random random = new Random(17);
    try (WebhookReceiver receiver = new WebhookReceiver()) {
      String yaml =
          "sinks:\n  - {name: copy, type: file, path: copy.ndjson, batch: 50}\n"
              + receiver.yaml(directory, Map.of());
      Files.writeString(directory.resolve("forward.yaml"), yaml);
      for (int kill = 0; kill < KILLS; kill++) {
        Process process = start();
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        Thread.sleep(100 + random.nextInt(700));
        if (kill % 2 == 0) {
          receiver.kill();
          Thread.sleep(100);
          receiver.restart();
        }
        // A batch is on its way and not acknowledged.
        int before = receiver.silences();
        receiver.answer(batch -> WebhookReceiver.SILENCE);
        ForwardingLog.await(() -> receiver.silences() > before || !process.isAlive());
        process.destroyForcibly().waitFor();
        receiver.answer(batch -> 200);
      }
      try (ForwardingLog log = new ForwardingLog(directory)) {
        log.start(yaml);
        log.append("order.placed", (int) Math.max(1, ENTRIES - log.log.lastId()));
        log.awaitDone("copy");
        log.awaitDone("hook");
        check(log.forwarding().reconcile("copy", null, false, Actor.SERVER));
        check(log.forwarding().reconcile("hook", receiver.inventory(), false, Actor.SERVER));
        distinct(ForwardingLog.records(directory.resolve("copy.ndjson")));
        distinct(receiver.records());
      }
    }
  }

  private static void check(ReconciliationReport report) {
    assertThat(report.missingRecords()).isEmpty();
    assertThat(report.alteredRecords()).isEmpty();
    assertThat(report.unknownRecords()).isEmpty();
    assertThat(report.uncompared()).isZero();
    assertThat(report.expected()).isGreaterThanOrEqualTo(ENTRIES);
  }

  /** Gaps show by arithmetic, however often something came. */
  private static void distinct(List<JsonNode> records) {
    Set<Long> seqs = new HashSet<>();
    long max = 0;
    for (JsonNode record : records) {
      if (record.has("seq")) {
        seqs.add(record.get("seq").asLong());
        max = Math.max(max, record.get("seq").asLong());
      }
    }
    assertThat((long) seqs.size()).isEqualTo(max);
  }

  private Process start() throws Exception {
    return new ProcessBuilder(SmallJava.command(Program.class, directory.toString()))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
