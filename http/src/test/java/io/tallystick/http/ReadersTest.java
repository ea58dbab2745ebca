package io.tallystick.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers that want a lot, go away, or lose their key, and everybody else meanwhile. */
class ReadersTest {
  private static final int ENTRIES = 100_000;
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /** Nothing is sealed but on demand, so that a test sees who demanded it. */
  private static final LogConfig SEALS_ON_DEMAND =
      LogConfig.builder().sealEvery(Duration.ofHours(1)).build();

  /** Far more than it takes, and far less than the work of the readers. */
  private static final Duration SOON = Duration.ofSeconds(5);

  @TempDir static Path data;
  private static TestServer server;
  private final List<Socket> sockets = new ArrayList<>();
  private String reader = "";

  @BeforeAll
  static void makeALargeLog() throws Exception {
    server =
        TestServer.start(
            data,
            SEALS_ON_DEMAND,
            TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults()));
    for (int i = 0; i < ENTRIES; i += 10_000) {
      server.log.append(Events.ordinary(10_000), "writer").get();
    }
    while (server.index.visibleThrough() < ENTRIES) {
      Thread.sleep(50);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void makeAKey() throws Exception {
    reader = server.key(Permission.ADMIN_AUDIT);
  }

  @AfterEach
  void leave() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private static String id(String key) {
    return key.split("_", -1)[1];
  }

  /** Asks, and reads nothing of the answer. */
  private Socket ask(String method, String path, String header) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(16 << 10);
    socket.connect(Wire.address(server));
    socket.setSoTimeout(60_000);
    sockets.add(socket);
    String request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
    return socket;
  }

  private Socket ask(String path) throws IOException {
    return ask("GET", path, "X-API-Key: " + reader);
  }

  /** Asks, and waits until the answer begins. */
  private Socket begin(String path, String header) throws IOException {
    Socket socket = ask("GET", path, header);
    String status = new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
    assertThat(status).isEqualTo("HTTP/1.1 200");
    return socket;
  }

  private static Duration took(long started) {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  private static void appendsSoon(String writer) throws Exception {
    long started = System.nanoTime();
    assertThat(server.append(writer, "{\"event_type\":\"auth.logout\"}").statusCode())
        .isEqualTo(201);
    assertThat(took(started)).isLessThan(SOON);
  }

  @Test
  void exportsOnEveryCoreDelayNeitherAppendsNorRevocation() throws Exception {
    String writer = server.key(Permission.AUDIT_APPEND);
    String admin = server.key(Permission.ADMIN_KEYS);
    AtomicBoolean enough = new AtomicBoolean();
    try (ExecutorService side = Executors.newCachedThreadPool()) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < 2 * CORES; i++) {
        String path = "/api/audit/export?format=" + (i % 2 == 0 ? "json" : "csv");
        readers.add(
            side.submit(() -> {
              while (!enough.get()) {
                Socket socket = ask("GET", path, "Connection: close\r\nX-API-Key: " + reader);
                InputStream in = socket.getInputStream();
                byte[] nowhere = new byte[1 << 16];
                while (in.read(nowhere) >= 0 && !enough.get()) {
                  // As fast as it can.
                }
              }
              return null;
            }));
      }
      Thread.sleep(500);
      for (int i = 0; i < 5; i++) {
        appendsSoon(writer);
        long started = System.nanoTime();
        assertThat(server.send(HttpRequest.newBuilder(server.uri("/healthz"))).statusCode())
            .isEqualTo(200);
        assertThat(server.send(HttpRequest.newBuilder(server.uri("/readyz"))).statusCode())
            .isEqualTo(200);
        String key = server.key(Permission.AUDIT_APPEND);
        HttpRequest.Builder revoke = server.request("/api/audit/keys/" + id(key), admin).DELETE();
        assertThat(server.send(revoke).statusCode()).isEqualTo(204);
        assertThat(took(started)).isLessThan(SOON);
      }
      enough.set(true);
      for (Future<?> each : readers) {
        each.get(60, TimeUnit.SECONDS);
      }
    }
  }

  private HttpResponse<String> head(String path) throws Exception {
    return server.send(
        server.request(path, reader).method("HEAD", HttpRequest.BodyPublishers.noBody()));
  }

  @Test
  void headComputesSignsAndRecordsNothing() throws Exception {
    JsonNode before = server.json("/api/audit/verify/last", reader);
    server.log.append(Event.of("auth.logout")).get();
    long last = server.log.lastId();
    long sealed = server.log.reader().tree().size();
    for (String path :
        List.of(
            "/api/audit/verify?strict=true",
            "/api/audit/export",
            "/api/audit/export?format=bundle",
            "/api/audit/checkpoints/newest",
            "/api/audit/entries/" + last + "/proof",
            "/api/audit/stats",
            "/api/audit/overview",
            "/api/audit/types",
            "/api/audit?offset=100000&security=true")) {
      HttpResponse<String> answer = head(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type")).as(path).isPresent();
      assertThat(answer.body()).as(path).isEmpty();
    }
    assertThat(head("/api/audit/export?format=xml").statusCode()).isEqualTo(422);
    assertThat(head("/api/audit/verify?start_id=0").statusCode()).isEqualTo(422);
    assertThat(server.json("/api/audit/verify/last", reader)).isEqualTo(before);
    assertThat(server.log.lastId()).isEqualTo(last);
    assertThat(server.log.reader().tree().size()).isEqualTo(sealed);
  }

  @Test
  void fortyVerificationsWhoseClientsLeftDelayNoAppend() throws Exception {
    String writer = server.key(Permission.AUDIT_APPEND);
    for (String method : List.of("HEAD", "GET")) {
      for (int i = 0; i < 40; i++) {
        ask(method, "/api/audit/verify?strict=true", "X-API-Key: " + reader).close();
      }
      appendsSoon(writer);
    }
  }

  @Test
  void verificationsEndWhenTheirClientsLeave() throws Exception {
    long started = System.nanoTime();
    server.json("/api/audit/verify?strict=true", reader);
    Duration whole = took(started);
    for (int i = 0; i < 6; i++) {
      ask("/api/audit/verify?strict=true");
    }
    leave();
    Thread.sleep(700);
    JsonNode last = server.json("/api/audit/verify/last", reader);
    Thread.sleep(whole.multipliedBy(6));
    assertThat(server.json("/api/audit/verify/last", reader)).isEqualTo(last);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ndjson", "csv", "json", "bundle"})
  void anExportEndsWithItsKeyAlthoughItsClientReadsNothing(String format) throws Exception {
    Socket socket = begin("/api/audit/export?format=" + format, "X-API-Key: " + reader);
    endsCutOff(socket, () -> server.keys.revoke(id(reader)));
  }

  @Test
  void anExportEndsWithTheKeyOfItsSession() throws Exception {
    String origin = "http://127.0.0.1:" + server.server.port();
    HttpResponse<String> signedIn =
        server.send(
            HttpRequest.newBuilder(server.uri("/api/session"))
                .header("Content-Type", "application/json")
                .header("Origin", origin)
                .POST(HttpRequest.BodyPublishers.ofString("{\"key\":\"" + reader + "\"}")));
    String cookie = signedIn.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
    Socket socket = begin("/api/audit/export", "Connection: close\r\nCookie: " + cookie);
    endsCutOff(socket, () -> server.keys.revoke(id(reader)));
  }

  @Test
  void anExportWhoseClientLeavesSaysSo() throws Exception {
    long started = System.nanoTime();
    begin("/api/audit/export", "X-API-Key: " + reader).close();
    assertThat(String.valueOf(exported(started).details()))
        .contains("\"complete\":false,\"reason\":\"client gone\"");
  }

  @Test
  void aNextRequestThatComesEarlyIsAnsweredAfterALongOne() throws Exception {
    String other = server.key(Permission.ADMIN_AUDIT);
    for (int i = 0; i < 6; i++) {
      ask("GET", "/api/audit/verify?strict=true", "X-API-Key: " + other);
    }
    Socket socket = ask("/api/audit/verify?strict=true");
    Thread.sleep(100);
    String next = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    socket.getOutputStream().write(next.getBytes(ISO_8859_1));
    assertThat(Wire.statuses(Wire.read(socket))).containsExactly(200, 200);
  }

  private interface Revocation {
    void run() throws Exception;
  }

  private void endsCutOff(Socket socket, Revocation revocation) throws Exception {
    Thread.sleep(300);
    long started = System.nanoTime();
    revocation.run();
    Event told = exported(started);
    assertThat(String.valueOf(told.details()))
        .contains("\"complete\":false,\"reason\":\"key revoked or expired\"");
    assertThat(told.targetId()).isEqualTo(id(reader));
    assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    assertThat(took(started)).isLessThan(SOON);
  }

  /** The next entry about an export of this test's key. */
  private Event exported(long started) throws Exception {
    long from = Math.max(1, server.log.lastId() - 100);
    while (true) {
      for (long id = from; id <= server.log.lastId(); id++) {
        Event event = server.entry(id).decode().event();
        if (event.eventType().equals("audit.exported") && id(reader).equals(event.targetId())) {
          return event;
        }
      }
      assertThat(took(started)).isLessThan(SOON);
      Thread.sleep(20);
    }
  }

  @Test
  void aVerificationOfARevokedKeyIsRefused() throws Exception {
    String other = server.key(Permission.ADMIN_AUDIT);
    for (int i = 0; i < 6; i++) {
      ask("GET", "/api/audit/verify?strict=true", "X-API-Key: " + other);
    }
    Socket socket = ask("/api/audit/verify?strict=true");
    while (server.keys.find(id(reader)).orElseThrow().lastUsedAt() == null) {
      Thread.sleep(1);
    }
    long started = System.nanoTime();
    server.keys.revoke(id(reader));
    String status = new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
    assertThat(status).isEqualTo("HTTP/1.1 401");
    assertThat(took(started)).isLessThan(SOON);
  }

  @Test
  void clientsThatReadSlowlyLeaveOthersTheirTurn() throws Exception {
    for (int i = 0; i < CORES + 2; i++) {
      begin("/api/audit/export?format=json", "X-API-Key: " + reader);
    }
    String other = server.key(Permission.ADMIN_AUDIT);
    long started = System.nanoTime();
    server.json("/api/audit/stats", other);
    server.json("/api/audit/verify?start_id=1&end_id=1000", other);
    assertThat(took(started)).isLessThan(SOON);
  }

  @Test
  void aKeyWithTooManyLongRequestsIsToldToWaitAndNobodyElse() throws Exception {
    for (int i = 0; i < 16; i++) {
      begin("/api/audit/export?format=json", "X-API-Key: " + reader);
    }
    HttpResponse<String> refused = server.get("/api/audit/stats", reader);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    server.json("/api/audit/stats", server.key(Permission.ADMIN_AUDIT));
    leave();
    long started = System.nanoTime();
    while (server.get("/api/audit/stats", reader).statusCode() != 200) {
      assertThat(took(started)).isLessThan(SOON);
      Thread.sleep(50);
    }
  }
}
