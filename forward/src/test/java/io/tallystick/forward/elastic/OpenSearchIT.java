package io.tallystick.forward.elastic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.forward.Counterpart;
import io.tallystick.forward.Reconciled;
import io.tallystick.forward.ReconciliationReport;
import io.tallystick.forward.Samples;
import io.tallystick.forward.format.EcsFormat;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.NativeFormat;
import io.tallystick.forward.format.OcsfFormat;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node of OpenSearch itself, see {@code src/test/counterparts}. */
class OpenSearchIT {
  private static final ElasticType TYPE = new ElasticType();
  private static final Path JARS = Path.of("target/counterparts/opensearch");

  /** Entries to send while it is killed. */
  private static final int COUNT = Boolean.getBoolean("tallystick.long") ? 20_000 : 2_000;

  @TempDir static Path directory;
  private static int port;
  private static Counterpart node;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        Files.isDirectory(JARS), "OpenSearch is missing (forward/src/test/counterparts/get)");
    port = Counterpart.freePort();
    node = node("10%");
  }

  private static Counterpart node(String pressure) throws Exception {
    return new Counterpart(
        directory.resolve("opensearch.out"),
        port,
        Map.of(),
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-XX:TieredStopAtLevel=1",
            "--add-modules=jdk.incubator.vector",
            "-cp",
            JARS + "/*",
            "src/test/counterparts/opensearch/OpenSearchNode.java",
            Integer.toString(port),
            directory.resolve("node").toString(),
            pressure));
  }

  /** It answers before it knows its indices again. */
  private static void awaitRecovered() throws Exception {
    while (ask("GET", "/_cluster/health?wait_for_status=yellow", "")
        .path("timed_out")
        .asBoolean(true)) {
      Thread.sleep(50);
    }
  }

  @AfterAll
  static void stop() {
    if (node != null) {
      node.close();
    }
  }

  private static SinkSettings settings(Format format, String index) {
    return TestReceiver.settings(
        directory, format.name(), Map.of("url", "http://127.0.0.1:" + port, "index", index));
  }

  private static List<Held> held(SinkSettings settings) throws Exception {
    List<Held> held = new ArrayList<>();
    try (Inventory inventory = TYPE.inventory(settings)) {
      inventory.forEach(held::add);
    }
    return held;
  }

  private static JsonNode ask(String method, String path, String body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .header("Content-Type", "application/json")
              .method(method, HttpRequest.BodyPublishers.ofString(body))
              .build();
      return Document.MAPPER.readTree(
          client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
  }

  /** Without the template three of four harmless variations of details are refused. */
  @Test
  void whateverAnEntryContainsIsStoredAndComesBack() throws Exception {
    for (Format format : List.of(new NativeFormat(), new EcsFormat(), new OcsfFormat())) {
      SinkSettings settings = settings(format, "all-" + format.name());
      List<Outgoing> all = new ArrayList<>(Samples.outgoing(format, 100));
      long seq = 101;
      for (String details :
          List.of("{\"a\":1}", "{\"a\":\"x\"}", "{\"a\":{\"b\":[1,{}]}}", "{\"a.b\":2.50}")) {
        all.add(
            Samples.outgoing(
                format,
                seq,
                Samples.view(
                    seq + 100, Event.builder("deploy").details(Details.parse(details)).build())));
        seq++;
      }
      all.add(Samples.outgoing(format, seq, Samples.full(9_000, "deploy", Samples.HOSTILE)));
      all.add(Samples.outgoing(format, seq + 1, Samples.longest(9_001)));
      try (Sink sink = TYPE.open(settings)) {
        assertThat(TestReceiver.deliver(sink, all, 500)).as(format.name()).isEmpty();
      }
      Map<Long, JsonNode> there = new HashMap<>();
      for (Held each : held(settings)) {
        there.put(each.seq(), Document.MAPPER.readTree(each.body()));
      }
      for (Outgoing out : all) {
        if (!out.marker()) {
          assertThat(there.remove(out.seq())).isEqualTo(Document.MAPPER.readTree(out.body()));
        }
      }
      assertThat(there).isEmpty();
      assertThat(ask("GET", "/all-" + format.name() + "/_mapping", "").toString())
          .contains("flat_object", "date_nanos");
    }
  }

  private static JsonNode find(long seq) throws Exception {
    return ask("GET", "/touched/_search?q=forward.seq:" + seq, "").at("/hits/hits/0");
  }

  @Test
  void reconciliationNamesExactlyWhatSomebodyDid() throws Exception {
    String settings =
        "type: elastic\nformat: ecs\nindex: touched\nurl: http://127.0.0.1:" + port + "\n";
    try (Reconciled reconciled = new Reconciled(directory, "touched", settings)) {
      reconciled.assertComplete();
      String copy = find(40).path("_source").toString();
      ask("DELETE", "/touched/_doc/" + find(20).path("_id").asText(), "");
      ask(
          "POST",
          "/touched/_update/" + find(30).path("_id").asText(),
          "{\"doc\":{\"user\":{\"name\":\"mallory\"}}}");
      ask("POST", "/touched/_doc", copy);
      ask("POST", "/touched/_doc", copy.replaceFirst("\"id\":[0-9]+", "\"id\":100000"));
      ReconciliationReport report = reconciled.reconcile(true);
      assertThat(Reconciled.seqs(report.missingRecords())).containsExactly(20L);
      assertThat(Reconciled.seqs(report.alteredRecords())).containsExactly(30L);
      assertThat(Reconciled.seqs(report.duplicatedRecords())).containsExactly(40L);
      assertThat(report.unknownRecords())
          .singleElement()
          .satisfies(each -> assertThat(each.id()).isEqualTo(100_000));
      assertThat(reconciled.reconcile(false).missingRecords()).isEmpty();
    }
  }

  @Test
  void aKilledNodeMissesNothingAndStoresNothingTwice() throws Exception {
    SinkSettings settings = settings(new OcsfFormat(), "killed");
    List<Outgoing> all = Samples.outgoing(new OcsfFormat(), COUNT);
    try (Sink sink = TYPE.open(settings)) {
      assertThat(TestReceiver.deliver(sink, all.subList(0, 100), 100)).isEmpty();
      Thread killer = node.restartSoon();
      assertThat(TestReceiver.deliver(sink, all, 100)).isEmpty();
      killer.join();
      awaitRecovered();
    }
    assertThat(held(settings))
        .extracting(Held::seq)
        .containsExactlyInAnyOrder(LongStream.rangeClosed(1, COUNT).boxed().toArray(Long[]::new));
  }

  /** Its answers to a part of the documents, and to all of them, when it has no memory left. */
  @Test
  void whatTheNodeHasNoMemoryForArrivesLater() throws Exception {
    assumeTrue(
        Boolean.getBoolean("tallystick.long"), "restarts the node twice; takes half a minute");
    SinkSettings settings = settings(new OcsfFormat(), "pressed");
    List<Outgoing> all = Samples.outgoing(new OcsfFormat(), 600);
    node.stop();
    node = node("24kb");
    AtomicInteger busy = new AtomicInteger();
    try (ExecutorService senders = Executors.newFixedThreadPool(4)) {
      List<Future<List<Rejected>>> done = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        List<Outgoing> part = all.subList(150 * i, 150 * (i + 1));
        Callable<List<Rejected>> send =
            () -> {
              try (Sink sink = counting(TYPE.open(settings), busy)) {
                return TestReceiver.deliver(sink, part, 5);
              }
            };
        done.add(senders.submit(send));
      }
      for (Future<List<Rejected>> each : done) {
        assertThat(each.get()).isEmpty();
      }
    } finally {
      node.stop();
      node = node("10%");
      awaitRecovered();
    }
    System.out.printf("OpenSearch was busy %,d times%n", busy.get());
    assertThat(new HashSet<>(held(settings).stream().map(Held::seq).toList())).hasSize(600);
  }

  private static Sink counting(Sink sink, AtomicInteger busy) {
    return new Sink() {
      @Override
      public Level level() {
        return sink.level();
      }

      @Override
      public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
        try {
          return sink.send(batch);
        } catch (SinkException e) {
          busy.incrementAndGet();
          throw e;
        }
      }

      @Override
      public void close() throws IOException {
        sink.close();
      }
    };
  }
}
