package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.forward.reconcile.ExportInventory;
import io.tallystick.forward.reconcile.Places;
import io.tallystick.service.Actor;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The OpenTelemetry Collector itself, which writes a file; see {@code src/test/counterparts}. */
class CollectorForwardingTest {
  private static final int COUNT = Boolean.getBoolean("tallystick.long") ? 20_000 : 2_000;
  private static final int KILLS = 3;
  private static final Path PROGRAM = Path.of("target/counterparts/otelcol");

  /** As docs/connect/otlp.md has it: a line of the file has the records of a request. */
  private static final String RECORDS =
      """
      fromjson? | .resourceLogs[].scopeLogs[].logRecords[] | select(.eventName != "audit.forward.marker")
        | [.attributes[] | {(.key): (.value.intValue // .value.stringValue)}] | add
        | {id: .["tallystick.id"], seq: .["tallystick.seq"], hash: .["tallystick.hash"]}
      """;

  @TempDir Path directory;

  private Counterpart collector(int port) throws Exception {
    Path config = directory.resolve("collector.yaml");
    Files.writeString(
        config,
        """
        receivers:
          otlp: {protocols: {http: {endpoint: "127.0.0.1:%d"}}}
        exporters:
          file: {path: "%s", append: true}
        service:
          pipelines:
            logs: {receivers: [otlp], exporters: [file]}
          telemetry: {metrics: {level: none}}
        """
            .formatted(port, directory.resolve("collected.json")));
    return new Counterpart(
        directory.resolve("collector.out"),
        port,
        Map.of(),
        List.of(PROGRAM.toString(), "--config", config.toString()));
  }

  private ReconciliationReport reconcile(ForwardingLog log, boolean resend) throws Exception {
    Process jq =
        new ProcessBuilder("jq", "-cR", RECORDS, directory.resolve("collected.json").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (InputStream lines = jq.getInputStream();
        ExportInventory export =
            new ExportInventory(lines, false, Places.parse("id=id,seq=seq,hash=hash"))) {
      return log.forwarding().reconcile("collector", export, COUNT, resend, Actor.SERVER);
    }
  }

  /**
   * It answers before it has written its file, so what was accepted may be missing after a kill.
   */
  @Test
  void reconciliationFindsWhatAKilledCollectorLostAndResendMendsIt() throws Exception {
    assumeTrue(
        Files.exists(PROGRAM),
        "the OpenTelemetry Collector is missing (forward/src/test/counterparts/get)");
    Counterpart.need("jq is missing", directory, Map.of(), "jq", "--version");
    int port = Counterpart.freePort();
    try (Counterpart collector = collector(port);
        ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", COUNT);
      log.start(
          """
          sinks:
            - {name: collector, type: otlp, format: otlp, url: "http://127.0.0.1:%d/v1/logs", gzip: true,
               batch: 20, filter: {event_type: order.*}}
          """
              .formatted(port));
      for (int i = 1; i <= KILLS; i++) {
        long before = (long) COUNT * i / (KILLS + 1);
        ForwardingLog.await(() -> log.forwarding().status("collector").seq() >= before);
        collector.kill();
        collector.start();
      }
      log.awaitDone("collector");
      // It writes what it has in memory once a second, and when it ends.
      collector.stop();
      ReconciliationReport first = reconcile(log, false);
      System.out.printf(
          "The Collector, killed %d times, holds %,d records of %,d entries that it accepted: %,d are"
              + " missing, %,d came twice%n",
          KILLS, first.held(), COUNT, first.missing(), first.duplicated());
      assertThat(first.expected()).isEqualTo(COUNT);
      assertThat(first.altered() + first.unknown()).isZero();

      collector.start();
      reconcile(log, true);
      collector.stop();
      ReconciliationReport mended = reconcile(log, false);
      assertThat(mended.missing() + mended.altered() + mended.unknown()).isZero();
    }
  }
}
