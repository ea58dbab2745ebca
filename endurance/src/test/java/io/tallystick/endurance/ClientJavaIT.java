package io.tallystick.endurance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tallystick.client.AuditClient;
import io.tallystick.client.AuditException;
import io.tallystick.client.Event;
import io.tallystick.client.Mode;
import io.tallystick.client.Receipt;
import io.tallystick.client.RejectedException;
import io.tallystick.client.Rejection;
import io.tallystick.client.VerificationException;
import io.tallystick.client.VerifierKey;
import io.tallystick.client.logging.AuditHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.xml.XmlConfiguration;
import org.apache.logging.log4j.message.StringMapMessage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client in Java, {@code clients/java}, with the packaged server. */
class ClientJavaIT {
  private static final int KILLS = Boolean.getBoolean("tallystick.long") ? 200 : 10;
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir static Path data;
  @TempDir Path directory;

  private static PackagedServer server;

  @BeforeAll
  static void start() throws IOException {
    assumeTrue(Files.exists(PackagedServer.JAR), "cli/target/tally.jar is not built");
    server = PackagedServer.start(data.resolve("log"));
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static AuditClient.Builder client(Mode mode) {
    return AuditClient.builder().url(server.url()).key(() -> server.key()).mode(mode);
  }

  @Test
  void syncReturnsTheReceiptOrThrows() throws Exception {
    try (AuditClient client = client(Mode.SYNC).build()) {
      Receipt receipt = client.append(Event.of("test.sync").actorId(12).action("x".repeat(3_000)));
      JsonNode entry = server.entries("test.sync").getFirst();
      assertThat(entry.path("id").longValue()).isEqualTo(receipt.id());
      assertThat(entry.path("event_id").textValue()).isEqualTo(receipt.eventId());
      assertThat(entry.path("source_seq").longValue()).isEqualTo(1);
      assertThat(entry.path("altered")).hasToString("[\"action\"]");

      assertThatExceptionOfType(RejectedException.class)
          .isThrownBy(() -> client.append(Event.of("test.sync").outcome("maybe")))
          .satisfies(e -> assertThat(e.rejection().status()).isEqualTo(422))
          .withMessageContaining("outcome must be one of");
    }
    try (AuditClient client = client(Mode.SYNC).key(() -> "tally_bad_secret").build()) {
      assertThatThrownBy(() -> client.append(Event.of("test.sync")))
          .isInstanceOf(AuditException.class)
          .hasMessageContaining("401")
          .hasMessageNotContaining("secret");
    }
  }

  /** A proxy answers by itself twice, and then lets everything through. */
  @ParameterizedTest
  @CsvSource({
    "200, text/html, Sign in to the Wi-Fi",
    "200, application/json, {}",
    "302, text/html, moved",
    "400, text/html, bad request",
    "401, application/problem+json, {}",
    "404, text/html, not found",
    "408, application/problem+json, {}",
    "413, text/html, too large",
    "422, text/html, a firewall does not like this",
    "429, application/problem+json, {}",
    "500, application/problem+json, {}",
    "502, text/html, bad gateway",
    "503, application/problem+json, {}",
    "507, application/problem+json, {}",
  })
  void noAnswerButTheLogsOwnEndsAnEvent(int status, String type, String body) throws Exception {
    String eventType = "test.answer-" + status + "-" + body.length();
    AtomicInteger requests = new AtomicInteger();
    HttpServer proxy =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.createContext(
        "/",
        exchange -> {
          if (requests.incrementAndGet() > 2) {
            forward(exchange);
          } else {
            exchange.getRequestBody().readAllBytes();
            if (status == 429) {
              exchange.getResponseHeaders().set("Retry-After", "1");
            }
            exchange.getResponseHeaders().set("Location", server.url() + "/elsewhere");
            answer(exchange, status, type, body.getBytes(UTF_8));
          }
        });
    proxy.start();
    String url = "http://127.0.0.1:" + proxy.getAddress().getPort();
    long began = System.nanoTime();
    try (AuditClient client = client(Mode.SPOOLED).url(url).spool(directory).build()) {
      Receipt receipt = client.append(Event.of(eventType));
      assertThat(client.flush(LONG)).isZero();
      assertThat(server.entries(eventType))
          .singleElement()
          .satisfies(e -> assertThat(e.path("event_id").textValue()).isEqualTo(receipt.eventId()));
    } finally {
      proxy.stop(0);
    }
    assertThat(directory.resolve("rejected.ndjson")).doesNotExist();
    if (status == 429) {
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(2));
    }
  }

  private static void forward(HttpExchange exchange) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.url() + exchange.getRequestURI()))
            .header("X-API-Key", server.key())
            .header("Content-Type", exchange.getRequestHeaders().getFirst("Content-Type"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      answer(exchange, response.statusCode(), "application/json", response.body());
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Test
  void aRejectedEventHoldsUpNoOther() throws Exception {
    BlockingQueue<Rejection> rejected = new LinkedBlockingQueue<>();
    try (CutLine line = new CutLine();
        AuditClient client =
            client(Mode.SPOOLED).url(line.url()).spool(directory).stream("orders")
                .onRejected(rejected::add)
                .build()) {
      for (int i = 0; i < 10; i++) {
        client.append(Event.of("test.rejected").outcome(i == 4 ? "maybe" : "success"));
      }
      line.leadTo(server.url());
      assertThat(client.flush(LONG)).isZero();
      assertThat(server.entries("test.rejected"))
          .hasSize(9)
          .allSatisfy(
              e -> assertThat(e.path("details").path("stream").textValue()).isEqualTo("orders"));
      Rejection rejection = rejected.poll(10, TimeUnit.SECONDS);
      assertThat(rejection).isNotNull();
      assertThat(rejection.reason()).contains("outcome must be one of");
      assertThat(Files.readAllLines(directory.resolve("rejected.ndjson")))
          .singleElement()
          .asString()
          .contains("\"outcome\":\"maybe\"")
          .contains("outcome must be one of");
    }
  }

  @Test
  void aKeyThatCannotBeHadIsAskedForAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (AuditClient client =
        client(Mode.SPOOLED)
            .spool(directory)
            .key(() -> {
              if (asked.incrementAndGet() < 3) {
                throw new IllegalStateException("the vault is sealed");
              }
              return server.key();
            })
            .build()) {
      client.append(Event.of("test.key_later"));
      assertThat(client.flush(LONG)).isZero();
    }
    assertThat(server.entries("test.key_later")).hasSize(1);
  }

  @Test
  void numbersGoOnAfterEverythingWasSent() throws Exception {
    for (int round = 0; round < 3; round++) {
      try (AuditClient client = client(Mode.SPOOLED).spool(directory).build()) {
        client.append(Event.of("test.goes_on"));
        assertThat(client.close(LONG)).isZero();
      }
    }
    assertThat(server.entries("test.goes_on"))
        .extracting(entry -> entry.path("source_seq").intValue())
        .containsExactly(1, 2, 3);
  }

  @Test
  void droppedEventsAreCountedAndLeaveAGap() throws Exception {
    try (CutLine line = new CutLine();
        AuditClient client = client(Mode.BEST_EFFORT).url(line.url()).capacity(5).build()) {
      for (int i = 0; i < 12; i++) {
        client.append(Event.of("test.dropped"));
      }
      assertThat(client.flush(Duration.ZERO)).isEqualTo(12);
      line.leadTo(server.url());
      assertThat(client.flush(LONG)).isZero();
      client.append(Event.of("test.dropped"));
      assertThat(client.flush(LONG)).isZero();
    }
    List<JsonNode> notices = server.entries("client.events_dropped");
    assertThat(notices.stream().mapToInt(e -> e.path("details").path("count").intValue()).sum())
        .isEqualTo(7);
    List<JsonNode> kept = server.entries("test.dropped");
    int last = kept.getLast().path("source_seq").intValue();
    assertThat(last - kept.size() - notices.size()).isEqualTo(7);
  }

  @Test
  void aReceiptIsVerified() throws Exception {
    JsonNode log = PackagedServer.json(server.get("/api/audit/log"));
    VerifierKey key = VerifierKey.parse(log.path("verifier_keys").get(0).textValue());
    VerifierKey stranger =
        VerifierKey.parse(
            "tallystick.example/vectors+14b27ac5+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
    try (AuditClient client = client(Mode.SYNC).build()) {
      Receipt receipt = client.append(Event.of("test.verified"));
      assertThat(client.verifyReceipt(receipt, key).size()).isGreaterThanOrEqualTo(receipt.id());
      Receipt byId = new Receipt("", receipt.id(), null, null, false);
      assertThat(client.verifyReceipt(byId, stranger, key).origin()).startsWith("tallystick/");
      Receipt other = new Receipt("", receipt.id(), "0".repeat(64), null, false);
      assertThatThrownBy(() -> client.verifyReceipt(other, key))
          .isInstanceOf(VerificationException.class);
      assertThatThrownBy(() -> client.verifyReceipt(receipt, stranger))
          .isInstanceOf(VerificationException.class);
    }
  }

  @Test
  void whatIsLoggedBecomesEvents() throws Exception {
    try (AuditClient client = client(Mode.SYNC).build()) {
      Logger logger = Logger.getLogger("shop");
      logger.setUseParentHandlers(false);
      AuditHandler handler = new AuditHandler(client, "test.jul");
      logger.addHandler(handler);
      logger.log(
          Level.WARNING, "order {0} cancelled", new Object[] {12, Map.of("actor_id", 7, "n", 1)});
      logger.fine("not recorded");
      logger.removeHandler(handler);
    }
    assertThat(server.entries("test.jul"))
        .singleElement()
        .satisfies(entry -> {
          assertThat(entry.path("action").textValue()).isEqualTo("order 12 cancelled");
          assertThat(entry.path("severity").textValue()).isEqualTo("medium");
          assertThat(entry.path("actor_id").intValue()).isEqualTo(7);
          assertThat(entry.path("details")).hasToString("{\"logger\":\"shop\",\"n\":1}");
        });
  }

  /** In mode sync, so that a record is in the log when the call that logged it returns. */
  @Test
  void whatLog4jLogsBecomesEvents() throws Exception {
    Path key = Files.writeString(directory.resolve("key"), server.key());
    String configuration =
        """
        <Configuration status="off">
          <Appenders>
            <Audit name="AUDIT" url="%s" keyFile="%s" mode="sync" eventType="test.log4j"/>
          </Appenders>
          <Loggers><Root level="info"><AppenderRef ref="AUDIT"/></Root></Loggers>
        </Configuration>
        """
            .formatted(server.url(), key);
    try (LoggerContext context = new LoggerContext("test")) {
      ByteArrayInputStream in = new ByteArrayInputStream(configuration.getBytes(UTF_8));
      context.start(new XmlConfiguration(context, new ConfigurationSource(in)));
      context
          .getLogger("shop")
          .error(new StringMapMessage().with("message", "cancelled").with("target_id", "7f3a"));
      assertThat(server.entries("test.log4j"))
          .singleElement()
          .satisfies(entry -> {
            assertThat(entry.path("action").textValue()).isEqualTo("cancelled");
            assertThat(entry.path("severity").textValue()).isEqualTo("high");
            assertThat(entry.path("target_id").textValue()).isEqualTo("7f3a");
            assertThat(entry.path("details")).hasToString("{\"logger\":\"shop\"}");
          });
    }
  }

  @Test
  void entriesAreFoundByAFilter() throws Exception {
    try (AuditClient client = client(Mode.SYNC).build()) {
      for (String name : List.of("bob", "eve & co", "bob")) {
        client.append(Event.of("test.found").actorUsername(name).detail("n", 1.5));
      }
      List<Map<String, Object>> found =
          client.entries(Map.of("event_type", "test.found", "actor_username", "eve & co"));
      assertThat(found)
          .singleElement()
          .satisfies(entry ->
              assertThat(entry)
                  .containsEntry("actor_username", "eve & co")
                  .containsEntry("details", Map.of("n", 1.5))
                  .doesNotContainKey("actor_ip"));
      assertThat(client.entries(Map.of("event_type", "test.found", "limit", "2"))).hasSize(2);
      assertThatThrownBy(() -> client.entries(Map.of("limit", "0")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("limit");
    }
  }

  /**
   * Client, server and connections are killed at random. Every event whose append returned is in
   * the log once, and the numbers of the source have no gap.
   */
  @Test
  void nothingIsLostOrDoubledWhenAnythingIsKilled() throws Exception {
    Path log = directory.resolve("log");
    Path spool = directory.resolve("spool");
    PackagedServer killed = PackagedServer.start(log);
    List<String> returned = new ArrayList<>();
    try (CutLine line = new CutLine()) {
      line.leadTo(killed.url());
      SpoolingProcess client = SpoolingProcess.start(line.url(), killed.key(), spool);
      for (int i = 0; i < KILLS; i++) {
        Thread.sleep(ThreadLocalRandom.current().nextInt(100, 900));
        switch (i % 5) {
          case 0, 3 -> {
            returned.addAll(client.kill());
            client = SpoolingProcess.start(line.url(), killed.key(), spool);
          }
          case 2 -> {
            killed.close();
            killed = PackagedServer.start(log);
            line.leadTo(killed.url());
          }
          default -> line.cut();
        }
      }
      returned.addAll(client.finish());
      assertThat(returned.removeLast()).isEqualTo("left 0");

      Map<String, Integer> times = new HashMap<>();
      long sequence = 0;
      for (JsonNode entry : killed.entries("test.killed")) {
        times.merge(entry.path("event_id").textValue(), 1, Integer::sum);
        assertThat(entry.path("source_seq").longValue()).isEqualTo(++sequence);
      }
      assertThat(returned).hasSizeGreaterThan(KILLS);
      assertThat(returned.stream().filter(id -> times.getOrDefault(id, 0) != 1)).isEmpty();
      assertThat(times).hasSize((int) sequence);
      System.out.printf(
          "%d kills: %d events returned, %d in the log, each once, source_seq 1 to %d%n",
          KILLS, returned.size(), times.size(), sequence);
    } finally {
      killed.close();
    }
  }
}
