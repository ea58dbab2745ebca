package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.tallystick.entry.Event;
import io.tallystick.note.AddCheckpoint;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.KeyType;
import io.tallystick.note.NoteSignature;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.ProofService;
import io.tallystick.service.witness.Witness;
import io.tallystick.service.witness.WitnessAddress;
import io.tallystick.service.witness.WitnessClient;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Witnesses that run here, of logs that are written here. */
class WitnessTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir Path directory;
  private AuditLog log;
  private Witness witness;
  private WitnessServer server;

  @BeforeEach
  void start() throws Exception {
    log = AuditLog.open(directory.resolve("log"), LogConfig.defaults());
    append(5);
    openWitness();
  }

  private void openWitness() throws Exception {
    witness =
        Witness.open(
            directory.resolve("witness"),
            "witness.example/w",
            log.reader().identity().keys(),
            Clock.systemUTC());
    server = WitnessServer.start(witness, TestServer.CONFIG);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    witness.close();
    log.close();
  }

  private void append(int events) throws Exception {
    append(log, events);
  }

  private static SignedCheckpoint append(AuditLog log, int events) throws Exception {
    log.append(Collections.nCopies(events, Event.of("auth.logout")), null).get();
    return log.seal().get();
  }

  private WitnessAddress address() {
    return new WitnessAddress(witness.verifier(), URI.create("http://127.0.0.1:" + server.port()));
  }

  private WitnessClient client() {
    return new WitnessClient(CLIENT, address());
  }

  private HttpResponse<String> post(byte[] request) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/add-checkpoint"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(request))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(long old, List<Hash> proof, SignedNote note) throws Exception {
    return post(new AddCheckpoint(old, proof, note).toBytes());
  }

  private static void verifyCosigned(SignedNote note, VerifierKey log, VerifierKey witness)
      throws Exception {
    assertThat(note.verify(List.of(log, witness)))
        .extracting(signature -> signature.key().name())
        .containsExactlyInAnyOrder(log.name(), witness.name());
    assertThat(note.verify(List.of(witness)).getFirst().time().orElseThrow())
        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
  }

  @Test
  void aGrowingLogIsSignedEachTimeAlsoAfterRestarts() throws Exception {
    LogTree tree = log.reader().tree();
    VerifierKey key = log.reader().identity().keys().getFirst();
    WitnessClient client = client();
    for (int round = 0; round < 4; round++) {
      append(300 * round + 1);
      SignedCheckpoint newest = tree.newest().orElseThrow();
      NoteSignature signature = client.cosign(tree, newest);
      verifyCosigned(newest.with(List.of(signature)).note(), key, witness.verifier());
      if (round == 1) {
        VerifierKey before = witness.verifier();
        server.close();
        witness.close();
        openWitness();
        assertThat(witness.verifier()).isEqualTo(before);
        client = client();
      }
    }
    assertThat(client().cosign(tree, tree.newest().orElseThrow()))
        .as("the same checkpoint again, by somebody who does not know what was signed")
        .isNotNull();
  }

  @Test
  void everyRefusalHasItsStatus() throws Exception {
    LogTree tree = log.reader().tree();
    SignedCheckpoint five = tree.newest().orElseThrow();
    append(4);
    SignedCheckpoint nine = tree.newest().orElseThrow();
    List<Hash> proof = tree.consistency(five.size(), nine.size());

    for (String text :
        List.of(
            "",
            "old 0",
            "old 0\n",
            "old 00\n\n" + five.note(),
            "old -1\n\n" + five.note(),
            "older 0\n\n" + five.note(),
            "old 0\nnothash\n\n" + five.note(),
            "old 0\n" + (proof.getFirst().toBase64() + "\n").repeat(64) + "\n" + five.note(),
            "old 0\n\n" + five.note().text(),
            "old 0\n\nx\n" + five.note())) {
      assertThat(post(text.getBytes(StandardCharsets.UTF_8)).statusCode()).as(text).isEqualTo(400);
    }
    assertThat(post(new byte[] {'o', 'l', 'd', ' ', '0', '\n', '\n', (byte) 0xff}).statusCode())
        .isEqualTo(400);
    assertThat(post(new byte[AddCheckpoint.MAX_BYTES + 1]).statusCode()).isEqualTo(413);
    assertThat(post(five.size() + 1, List.of(), five.note()).statusCode()).isEqualTo(400);

    SignerKey stranger = SignerKey.generate("other.example", KeyType.ED25519, new SecureRandom());
    Checkpoint unknown = new Checkpoint("other.example", 1, five.checkpoint().root());
    assertThat(
            post(0, List.of(), SignedNote.sign(unknown.text(), List.of(stranger), Instant.now()))
                .statusCode())
        .isEqualTo(404);
    SignerKey impostor =
        SignerKey.generate(five.checkpoint().origin(), KeyType.ED25519, new SecureRandom());
    assertThat(
            post(
                    0,
                    List.of(),
                    SignedNote.sign(five.checkpoint().text(), List.of(impostor), Instant.now()))
                .statusCode())
        .isEqualTo(403);

    assertThat(post(0, proof, five.note()).statusCode()).as("a proof from nothing").isEqualTo(422);
    assertThat(post(0, List.of(), five.note()).statusCode()).isEqualTo(200);
    HttpResponse<String> conflict = post(0, List.of(), nine.note());
    assertThat(conflict.statusCode()).isEqualTo(409);
    assertThat(conflict.headers().firstValue("Content-Type").orElseThrow())
        .isEqualTo("text/x.tlog.size");
    assertThat(conflict.body()).isEqualTo(five.size() + "\n");
    assertThat(post(five.size(), List.of(), nine.note()).statusCode()).isEqualTo(422);
    List<Hash> wrong = new ArrayList<>(proof);
    wrong.set(0, five.checkpoint().root());
    assertThat(post(five.size(), wrong, nine.note()).statusCode()).isEqualTo(422);
    assertThat(post(five.size(), proof, nine.note()).statusCode()).isEqualTo(200);
    assertThat(post(five.size(), List.of(), five.note()).body())
        .as("going back is refused")
        .isEqualTo(nine.size() + "\n");
  }

  @Test
  void aLogThatWasPutBackOrRewrittenIsNotSigned() throws Exception {
    Path data = directory.resolve("log");
    log.close();
    Path yesterday = directory.resolve("yesterday");
    copy(data, yesterday);
    log = AuditLog.open(data, LogConfig.defaults());
    append(10);
    LogTree tree = log.reader().tree();
    client().cosign(tree, tree.newest().orElseThrow());

    try (AuditLog old = AuditLog.open(yesterday, LogConfig.defaults())) {
      LogTree olds = old.reader().tree();
      assertThatThrownBy(() -> client().cosign(olds, old.seal().get()))
          .isInstanceOf(WitnessClient.Contradiction.class)
          .hasMessageContaining("put back");
      SignedCheckpoint same = append(old, (int) (log.lastId() - old.lastId()));
      assertThatThrownBy(() -> client().cosign(olds, same))
          .as("another history of the same length, with the log's own key")
          .isInstanceOf(WitnessClient.Contradiction.class);
      SignedCheckpoint longer = append(old, 100);
      assertThatThrownBy(() -> client().cosign(olds, longer))
          .as("a longer one")
          .isInstanceOf(WitnessClient.Contradiction.class);
    }
    append(1);
    assertThat(client().cosign(tree, tree.newest().orElseThrow()))
        .as("the true log is signed as before")
        .isNotNull();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  @Test
  void aWitnessWithDamagedMemorySignsNothing() throws Exception {
    LogTree tree = log.reader().tree();
    client().cosign(tree, tree.newest().orElseThrow());
    Path logs = directory.resolve("witness").resolve("logs");
    try (Stream<Path> files = Files.list(logs)) {
      Path file = files.findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);
    }
    append(1);
    SignedCheckpoint newest = tree.newest().orElseThrow();
    assertThatThrownBy(() -> client().cosign(tree, newest))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(WitnessClient.Contradiction.class)
        .hasMessageContaining("500");
  }

  @Test
  void onlyOneProcessIsTheWitnessAndOnlyItsOwnerReadsItsKey() throws Exception {
    Path home = directory.resolve("witness");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(home.resolve("witness.key"))))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> Witness.open(home, "w", List.of(), Clock.systemUTC()))
        .hasMessageContaining("in use");
  }

  /** Two installations, each the other's witness, and one more that is not there. */
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
                logServer.log, logServer.index, logServer.keys, TestServer.CONFIG, witnessFeeder)) {
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
    ByteArrayOutputStream note = new ByteArrayOutputStream();
    answers.published().orElseThrow().writeTo(note);
    return note.toString(StandardCharsets.UTF_8);
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
