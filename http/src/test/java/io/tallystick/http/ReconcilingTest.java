package io.tallystick.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.forward.Forwarding;
import io.tallystick.service.access.Permission;
import io.tallystick.service.work.LongTasks;
import io.tallystick.store.Futures;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reconciliations are long requests: they are counted, and do not keep others waiting. */
class ReconcilingTest {
  private static final String PATH = "/api/audit/forwarding/";

  @TempDir Path directory;

  private TestServer base;
  private Forwarding forwarding;
  private AuditServer server;
  private String key;
  private final HttpClient client = HttpClient.newHttpClient();

  /** Accepts and says nothing. */
  private ServerSocket silent;

  private final List<Socket> asked = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws Exception {
    base = TestServer.start(directory.resolve("data"));
    Futures.from(base.log.append(Collections.nCopies(300, Event.of("order.placed")), "shop"));
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    var _ = Thread.ofVirtual().start(this::listen);
    StringBuilder yaml =
        new StringBuilder("sinks:\n  - {name: copy, type: file, path: copy.ndjson}\n");
    for (int i = 0; i < LongTasks.MAX_PER_KEY; i++) {
      yaml.append(
          "  - {name: s%d, type: elastic, url: 'http://127.0.0.1:%d', timeout_seconds: 60, marker_seconds: 86400, filter: {event_type: never.*}}\n"
              .formatted(i, silent.getLocalPort()));
    }
    Path file = directory.resolve("forward.yaml");
    Files.writeString(file, yaml);
    forwarding = base.forward(file);
    server = base.serve(forwarding);
    key = base.key("ops", Permission.ADMIN_FORWARDING, Permission.ADMIN_AUDIT);
    while (forwarding.status("copy").lagEntries() > 0) {
      Thread.sleep(20);
    }
  }

  private void listen() {
    try {
      while (true) {
        asked.add(silent.accept());
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  @AfterEach
  void stop() throws Exception {
    silent.close();
    for (Socket socket : asked) {
      socket.close();
    }
    server.close();
    forwarding.close();
    client.close();
    base.close();
  }

  private HttpRequest.Builder request(String path, String with) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .header("X-API-Key", with);
  }

  /** Has receivers asked that do not answer, and waits until they are being asked. */
  private void reconcileSilently(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      CompletableFuture<HttpResponse<String>> _ =
          client.sendAsync(
              request(PATH + "s" + i + "/reconciliation", key)
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
    }
    long late = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (asked.size() < count) {
      assertThat(System.nanoTime()).isLessThan(late);
      Thread.sleep(20);
    }
  }

  private HttpResponse<String> upload(String with, HttpRequest.BodyPublisher body)
      throws Exception {
    return client.send(
        request(PATH + "copy/reconciliation?map=id%3Did,seq%3Dseq,hash%3Dhash,body%3D.", with)
            .header("Content-Type", "application/x-ndjson")
            .timeout(Duration.ofSeconds(30))
            .POST(body)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aReceiverThatSaysNothingKeepsNoLongRequestWaiting() throws Exception {
    reconcileSilently(Runtime.getRuntime().availableProcessors());
    HttpResponse<String> verified =
        client.send(
            request("/api/audit/overview", key).timeout(Duration.ofSeconds(10)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(verified.statusCode()).as(verified.body()).isEqualTo(200);
  }

  @Test
  void anExportCountsAmongTheLongRequestsOfItsKey() throws Exception {
    Path export = directory.resolve("copy.ndjson");
    assertThat(upload(key, HttpRequest.BodyPublishers.ofFile(export)).statusCode()).isEqualTo(200);
    reconcileSilently(LongTasks.MAX_PER_KEY);
    HttpResponse<String> refused = upload(key, HttpRequest.BodyPublishers.ofFile(export));
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
    assertThat(refused.body()).contains("This key has 16 long requests under way");
    String other = base.key("other", Permission.ADMIN_FORWARDING);
    HttpResponse<String> report = upload(other, HttpRequest.BodyPublishers.ofFile(export));
    assertThat(report.statusCode()).as(report.body()).isEqualTo(200);
    assertThat(TestServer.JSON.readTree(report.body()).get("complete").asBoolean()).isTrue();
  }

  /** More than is kept of it in memory, and an end in the middle. */
  @Test
  void aLongExportArrivesWholeAndOneThatBreaksOffIsNotCompared() throws Exception {
    byte[] part = Files.readAllBytes(directory.resolve("copy.ndjson"));
    byte[] all = new byte[part.length * 20];
    for (int i = 0; i < 20; i++) {
      System.arraycopy(part, 0, all, i * part.length, part.length);
    }
    HttpResponse<String> report = upload(key, HttpRequest.BodyPublishers.ofByteArray(all));
    assertThat(TestServer.JSON.readTree(report.body()).get("duplicated").asInt())
        .isGreaterThanOrEqualTo(19 * 300);
    long recorded = reconciliations();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      String head =
          "POST "
              + PATH
              + "copy/reconciliation HTTP/1.1\r\nHost: localhost\r\nX-API-Key: "
              + key
              + "\r\nContent-Type: application/x-ndjson\r\nContent-Length: 9999999\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(US_ASCII));
      socket.getOutputStream().write(part);
      socket.setSoLinger(true, 0);
    }
    Thread.sleep(500);
    assertThat(reconciliations()).isEqualTo(recorded);
    assertThat(upload(key, HttpRequest.BodyPublishers.ofByteArray(part)).statusCode())
        .isEqualTo(200);
  }

  private long reconciliations() throws Exception {
    return base.typesFrom(1).stream()
        .filter(type -> type.equals("audit.forward.reconciled"))
        .count();
  }
}
