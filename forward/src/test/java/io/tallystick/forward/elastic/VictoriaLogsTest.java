package io.tallystick.forward.elastic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.forward.Counterpart;
import io.tallystick.forward.Reconciled;
import io.tallystick.forward.ReconciliationReport;
import io.tallystick.forward.Samples;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.OcsfFormat;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkSettings;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** VictoriaLogs itself, see {@code src/test/counterparts}. */
class VictoriaLogsTest {
  private static final VictoriaLogsType TYPE = new VictoriaLogsType();
  private static final Format FORMAT = new OcsfFormat();

  /** Entries to send while it is killed. */
  private static final int COUNT = Boolean.getBoolean("tallystick.long") ? 20_000 : 2_000;

  private static final Path PROGRAM = Path.of("target/counterparts/victoria-logs");

  @TempDir Path directory;
  private Counterpart victorialogs;
  private int port;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(
        Files.exists(PROGRAM), "VictoriaLogs is missing (forward/src/test/counterparts/get)");
    port = Counterpart.freePort();
    victorialogs =
        new Counterpart(
            directory.resolve("victorialogs.out"),
            port,
            Map.of(),
            List.of(
                PROGRAM.toString(),
                "-httpListenAddr=127.0.0.1:" + port,
                "-storageDataPath=" + directory.resolve("data"),
                "-retentionPeriod=100y",
                "-memory.allowedBytes=256MiB"));
  }

  @AfterEach
  void stop() {
    if (victorialogs != null) {
      victorialogs.close();
    }
  }

  private SinkSettings settings() {
    return TestReceiver.settings(
        directory, FORMAT.name(), Map.of("url", "http://127.0.0.1:" + port));
  }

  private List<Held> held() throws Exception {
    List<Held> held = new ArrayList<>();
    try (Inventory inventory = TYPE.inventory(settings())) {
      inventory.forEach(held::add);
    }
    return held;
  }

  @Test
  void everyRecordComesBackAsItWasWhateverItContains() throws Exception {
    List<Outgoing> all = new ArrayList<>(Samples.outgoing(FORMAT, 1_000));
    all.add(Samples.outgoing(FORMAT, 1_001, Samples.full(5_000, "deploy", Samples.HOSTILE)));
    all.add(Samples.outgoing(FORMAT, 1_002, Samples.longest(5_001)));
    try (Sink sink = TYPE.open(settings())) {
      assertThat(sink.level()).isEqualTo(Level.ACCEPTED);
      assertThat(TestReceiver.deliver(sink, all, 500)).isEmpty();
    }
    List<Held> held = held();
    assertThat(held)
        .hasSize(1_002)
        .extracting(each -> new String(each.body(), UTF_8))
        .containsExactlyInAnyOrderElementsOf(
            all.stream()
                .filter(out -> !out.marker())
                .map(out -> new String(out.body(), UTF_8))
                .toList());
    assertThat(held)
        .allSatisfy(each -> assertThat(each.hash()).isEqualTo(Samples.hash(each.id()).toString()));
  }

  /** It has no names of documents: what is sent again is there twice, and recognisable. */
  @Test
  void afterAKillWhatIsMissingIsKnownAndCanBeSentAgain() throws Exception {
    List<Outgoing> all = Samples.outgoing(FORMAT, COUNT);
    try (Sink sink = TYPE.open(settings())) {
      Thread killer =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  for (int i = 0; i < 2; i++) {
                    Thread.sleep(60);
                    victorialogs.kill();
                    victorialogs.start();
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(TestReceiver.deliver(sink, all, 50)).isEmpty();
      killer.join();
      Set<Long> there = new HashSet<>();
      held().forEach(each -> there.add(each.seq()));
      List<Outgoing> missing =
          all.stream().filter(out -> !out.marker() && !there.contains(out.seq())).toList();
      System.out.printf(
          "VictoriaLogs lost %,d of %,d that it had accepted%n", missing.size(), COUNT);
      assertThat(TestReceiver.deliver(sink, missing, 500)).isEmpty();
    }
    assertThat(held()).extracting(Held::seq).contains(1L, (long) COUNT);
    assertThat(new HashSet<>(held().stream().map(Held::seq).toList())).hasSize(COUNT);
  }

  /** It deletes nothing by request, so what is missing is what a kill lost. */
  @Test
  void reconciliationNamesWhatIsDoubledAlteredOrForged() throws Exception {
    String url = "http://127.0.0.1:" + port;
    String settings = "type: victorialogs\nurl: " + url + "\n";
    try (Reconciled reconciled = new Reconciled(directory, "vl", settings);
        HttpClient client = HttpClient.newHttpClient()) {
      reconciled.assertComplete();
      String line = post(client, url + "/select/logsql/query?query=forward.seq:=40", "").strip();
      String insert =
          url
              + "/insert/jsonline?_time_field=_time&_msg_field=_msg&_stream_fields="
              + VictoriaLogsType.STREAM;
      for (String forged :
          List.of(
              line.replace("user-", "mallory-"),
              line.replaceFirst("\"forward.id\":\"[0-9]+", "\"forward.id\":\"100000"))) {
        assertThat(forged).isNotEqualTo(line);
        post(client, insert, forged);
      }
      ReconciliationReport report = reconciled.reconcile(false);
      assertThat(report.missingRecords()).isEmpty();
      assertThat(Reconciled.seqs(report.duplicatedRecords())).containsExactly(40L);
      assertThat(Reconciled.seqs(report.alteredRecords())).containsExactly(40L);
      assertThat(report.unknownRecords())
          .singleElement()
          .satisfies(each -> assertThat(each.id()).isEqualTo(100_000));
    }
  }

  private static String post(HttpClient client, String url, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
