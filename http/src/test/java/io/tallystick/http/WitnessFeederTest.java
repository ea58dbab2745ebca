package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.tallystick.note.KeyType;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.ProofService;
import io.tallystick.service.witness.Witness;
import io.tallystick.service.witness.WitnessAddress;
import io.tallystick.service.witness.WitnessClient;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.store.LogTree;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** How a log has its checkpoints signed by witnesses. */
class WitnessFeederTest extends WitnessFixture {
  @Test
  void twoLogsWatchEachOther() throws Exception {
    TestServer first = TestServer.start(directory.resolve("a"));
    TestServer second = TestServer.start(directory.resolve("b"));
    try (first;
        second;
        Witness ofFirst = watching("wa", first);
        Witness ofSecond = watching("wb", second);
        WitnessServer serverOfFirst = WitnessServer.start(ofFirst, TestServer.CONFIG);
        WitnessServer serverOfSecond = WitnessServer.start(ofSecond, TestServer.CONFIG)) {
      isCosigned(first, ofFirst, serverOfFirst);
      isCosigned(second, ofSecond, serverOfSecond);
    }
  }

  private Witness watching(String name, TestServer server) throws IOException {
    return Witness.open(
        directory.resolve(name), name, server.log.reader().identity().keys(), Clock.systemUTC());
  }

  private void isCosigned(TestServer logServer, Witness witness, WitnessServer server)
      throws Exception {
    VerifierKey nobody =
        SignerKey.generate("nobody", KeyType.ED25519_COSIGNATURE, new SecureRandom()).verifier();
    List<WitnessAddress> addresses =
        List.of(
            WitnessAddress.parse(witness.verifier() + "=http://127.0.0.1:" + server.port() + "/"),
            WitnessAddress.parse(nobody + "=http://127.0.0.1:9"));
    VerifierKey key = logServer.log.reader().identity().keys().getFirst();
    LogTree tree = logServer.log.reader().tree();
    try (WitnessFeeder witnessFeeder = new WitnessFeeder(tree, addresses, Duration.ofMillis(20));
        AuditServer published =
            AuditServer.start(
                logServer.log,
                logServer.index,
                logServer.keys,
                TestServer.CONFIG,
                witnessFeeder,
                null)) {
      String reader = logServer.key(Permission.ADMIN_AUDIT);
      for (int round = 0; round < 3; round++) {
        long size = append(logServer.log, 300).size();
        while (witnessFeeder.figures().size() < size) {
          Thread.sleep(10);
        }
        String note = get(published, "/tlog/checkpoint", reader);
        verifyCosigned(
            SignedNote.parse(note.getBytes(StandardCharsets.UTF_8)), key, witness.verifier());
        String proof = get(published, "/api/audit/entries/7/proof", reader);
        assertThat(proof).endsWith(note);
        assertThat(tree.cosigned().orElseThrow().note()).hasToString(note);
      }
      assertThat(witnessFeeder.figures().contradictions()).isZero();
      assertThat(witnessFeeder.figures().failures()).isPositive();
      assertThat(get(published, "/metrics", reader))
          .contains("tallystick_witnesses 2\n")
          .contains("tallystick_witness_contradictions_total 0\n");
      assertThat(get(published, "/api/audit/checkpoints", reader)).contains("\"cosigned\":1");
    }
    assertThat(new WitnessFeeder(tree, addresses, Duration.ofDays(1)).newest())
        .as("after a restart the cosigned checkpoint is there at once")
        .isPresent();
  }

  private static String get(AuditServer server, String path, String key) throws Exception {
    return CLIENT
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .header("X-API-Key", key)
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** Something that answers as the handler does, and is not one of ours. */
  private static HttpServer other(HttpHandler handler) throws IOException {
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    other.createContext("/add-checkpoint", handler);
    other.start();
    return other;
  }

  private static WitnessAddress at(VerifierKey key, HttpServer other) {
    return new WitnessAddress(key, URI.create("http://127.0.0.1:" + other.getAddress().getPort()));
  }

  private static void answer(HttpExchange exchange, String body) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void anAnswerThatDoesNotEndIsGivenUp() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    HttpServer stalling =
        other(exchange -> {
          exchange.sendResponseHeaders(200, 100);
          exchange.getResponseBody().write('x');
          exchange.getResponseBody().flush();
          try {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    HttpServer endless = other(exchange -> answer(exchange, "x".repeat(1 << 20)));
    try {
      LogTree tree = log.reader().tree();
      for (HttpServer other : List.of(stalling, endless)) {
        WitnessClient client =
            new WitnessClient(CLIENT, at(witness.verifier(), other), Duration.ofMillis(500));
        assertTimeoutPreemptively(
            Duration.ofSeconds(5),
            () ->
                assertThatThrownBy(() -> client.cosign(tree, tree.newest().orElseThrow()))
                    .isInstanceOf(IOException.class));
      }
    } finally {
      over.countDown();
      stalling.stop(0);
      endless.stop(0);
    }
  }

  @Test
  void aWitnessThatAnswersWithManySignaturesKeepsNoOtherFromSigning() throws Exception {
    SignerKey bad =
        SignerKey.generate("bad.example", KeyType.ED25519_COSIGNATURE, new SecureRandom());
    String text = log.reader().tree().newest().orElseThrow().note().text();
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      SignedNote note = SignedNote.sign(text, List.of(bad), Instant.ofEpochSecond(i));
      lines.append(note.signatures().getFirst().line()).append('\n');
    }
    HttpServer many = other(exchange -> answer(exchange, lines.toString()));
    LogTree tree = log.reader().tree();
    try (WitnessFeeder witnessFeeder =
        new WitnessFeeder(
            tree, List.of(at(bad.verifier(), many), address()), Duration.ofMillis(20))) {
      awaitCosigned(witnessFeeder, tree.newest().orElseThrow().size());
      append(1);
      awaitCosigned(witnessFeeder, tree.newest().orElseThrow().size());
      assertThat(witnessFeeder.figures().failures()).isPositive();
    } finally {
      many.stop(0);
    }
  }

  @Test
  void aRoundThatFailsIsNotTheLast() throws Exception {
    LogTree tree = log.reader().tree();
    WitnessAddress address = address();
    int port = server.port();
    server.close();
    try (WitnessFeeder witnessFeeder =
        new WitnessFeeder(tree, List.of(address), Duration.ofMillis(20))) {
      Path inTheWay = Files.createDirectories(directory.resolve("log/cosigned/x"));
      server = WitnessServer.start(witness, TestServer.CONFIG.toBuilder().port(port).build());
      Thread.sleep(1_000);
      assertThat(witnessFeeder.newest()).isEmpty();
      Files.delete(inTheWay);
      Files.delete(directory.resolve("log/cosigned"));
      awaitCosigned(witnessFeeder, tree.newest().orElseThrow().size());
    }
  }

  private static void awaitCosigned(WitnessFeeder witnessFeeder, long size)
      throws InterruptedException {
    for (int i = 0; witnessFeeder.figures().size() < size; i++) {
      assertThat(i).as("waits for a checkpoint over " + size + " entries").isLessThan(1_000);
      Thread.sleep(10);
    }
  }

  @Test
  void withoutWitnessesForLongTheLogsOwnCheckpointIsPublished() throws Exception {
    LogTree tree = log.reader().tree();
    try (WitnessFeeder witnessFeeder =
        new WitnessFeeder(tree, List.of(address()), Duration.ofMillis(100))) {
      long size = tree.newest().orElseThrow().size();
      awaitCosigned(witnessFeeder, size);
      ProofService answers = new ProofService(log.reader(), tree::newest, witnessFeeder);
      int port = server.port();
      server.close();
      Thread.sleep(1_000);
      assertThat(published(answers))
          .as("nothing newer is there")
          .isEqualTo(tree.cosigned().orElseThrow().note().toString());
      append(1);
      for (int i = 0; !published(answers).contains("\n" + (size + 1) + "\n"); i++) {
        assertThat(i).as("waits for the log's own").isLessThan(100);
        Thread.sleep(50);
      }
      server = WitnessServer.start(witness, TestServer.CONFIG.toBuilder().port(port).build());
      awaitCosigned(witnessFeeder, size + 1);
      append(1);
      awaitCosigned(witnessFeeder, size + 2);
      assertThat(published(answers)).isEqualTo(tree.cosigned().orElseThrow().note().toString());
    }
  }

  private static String published(ProofService answers) throws Exception {
    return answers.published().orElseThrow().note().toString();
  }

  @Test
  void addressesAreStrict() throws Exception {
    for (String wrong :
        List.of(
            "",
            "http://example.com",
            "key=ftp://example.com",
            witness.verifier() + "=http://",
            witness.verifier() + "=https://example.com/?q",
            witness.verifier().toString().replace("+", "") + "=https://example.com/",
            log.reader().identity().keys().getFirst() + "=https://example.com/")) {
      assertThatThrownBy(() -> WitnessAddress.parse(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(WitnessAddress.parse(witness.verifier() + "=https://example.com/w/").prefix())
        .isEqualTo(URI.create("https://example.com/w"));
  }
}
