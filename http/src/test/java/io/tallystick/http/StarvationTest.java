package io.tallystick.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One key takes all that it can get of what all keys share, and the others go on. */
@Timeout(120)
class StarvationTest {
  private static final int BODY_BYTES = 8 << 20;
  private static final String EVENT = "{\"event_type\":\"auth.logout\"}";

  @TempDir Path data;

  private TestServer server;
  private String reader;
  private final List<Socket> sockets = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    reader = server.key("operator", Permission.ADMIN_AUDIT);
  }

  @AfterEach
  void stop() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    server.close();
  }

  /** Sends this and leaves the connection open. */
  private Socket send(String head, byte[] body) throws IOException {
    Socket socket = Wire.connect(server);
    sockets.add(socket);
    socket.getOutputStream().write(head.getBytes(US_ASCII));
    socket.getOutputStream().write(body);
    return socket;
  }

  private Socket half(String key, int bytes) throws IOException {
    return send(
        "POST /api/audit/events HTTP/1.1\r\nHost: x\r\nX-API-Key: "
            + key
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + BODY_BYTES
            + "\r\n\r\n",
        " ".repeat(bytes).getBytes(US_ASCII));
  }

  private static String batch(String prefix, int events) {
    return IntStream.range(0, events)
        .mapToObj(i -> "{\"event_type\":\"a.b\",\"event_id\":\"" + prefix + "-" + i + "\"}")
        .collect(Collectors.joining(",", "[", "]"));
  }

  private List<Event> rateLimited() throws IOException {
    return server.entriesFrom(1).stream()
        .map(Entry::event)
        .filter(event -> event.eventType().equals("security.rate_limited"))
        .toList();
  }

  /** The metric and the entry name the key that reached the limit. */
  private void assertRecorded(String limit, String key) throws Exception {
    assertThat(server.get("/metrics", reader).body())
        .containsPattern(
            "tallystick_limited_requests_total\\{limit=\"" + limit + "\",key=\"" + key + "\"} \\d");
    // The answer does not wait for the entry.
    List<Event> entries = rateLimited();
    for (int i = 0; i < 500 && entries.isEmpty(); i++) {
      Thread.sleep(20);
      entries = rateLimited();
    }
    assertThat(entries).as("one a minute").hasSize(1);
    Event entry = entries.getFirst();
    assertThat(entry.actorUsername()).isEqualTo(key);
    assertThat(entry.actorIp()).isEqualTo("127.0.0.1");
    assertThat(entry.targetType()).isEqualTo("api_key");
    assertThat(entry.targetId()).matches("[0-9a-f]{16}");
    assertThat(String.valueOf(entry.details())).contains("\"limit\":\"" + limit + "\"");
  }

  @Test
  void nineteenHalfSentBodiesOfOneKeyKeepNoOtherKeyOut() throws Exception {
    String attacker = server.key("attacker", Permission.AUDIT_APPEND);
    String other = server.key("other", Permission.AUDIT_APPEND);
    List<String> refused = new ArrayList<>();
    for (int i = 0; i < 19; i++) {
      half(attacker, BODY_BYTES / 2 + 100_000);
    }
    for (int i = 0; i < 100 && refused.isEmpty(); i++) {
      Thread.sleep(50);
      for (Socket socket : sockets) {
        int there = socket.getInputStream().available();
        if (there > 0) {
          refused.add(new String(socket.getInputStream().readNBytes(there), US_ASCII));
        }
      }
    }
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> small = server.append(other, EVENT);
      assertThat(small.statusCode()).as(small.body()).isEqualTo(201);
      HttpResponse<String> large = server.append(other, EVENT + " ".repeat(BODY_BYTES - 100));
      assertThat(large.statusCode()).as(large.body()).isEqualTo(201);
    }
    assertThat(refused).isNotEmpty();
    assertThat(refused.getFirst())
        .startsWith("HTTP/1.1 503")
        .contains("Retry-After: 1", "bytes of request bodies in memory", "attacker");
    HttpResponse<String> small = server.append(attacker, EVENT);
    assertThat(small.statusCode()).as("of the reserve").isEqualTo(201);
    assertRecorded("bodies", "attacker");
  }

  @Test
  void theBodiesOfOneKeyTakeOnlyTheMemoryOfWhatHasArrived() throws Exception {
    String key = server.key("slow", Permission.AUDIT_APPEND);
    int arrived = (1 << 20) + 100;
    for (int i = 0; i < 20; i++) {
      half(key, arrived);
    }
    Socket first = sockets.getFirst();
    String rest = " ".repeat(BODY_BYTES - arrived - EVENT.length()) + EVENT;
    first.getOutputStream().write(rest.getBytes(US_ASCII));
    byte[] status = first.getInputStream().readNBytes("HTTP/1.1 201".length());
    assertThat(new String(status, US_ASCII)).isEqualTo("HTTP/1.1 201");
    for (Socket socket : sockets.subList(1, sockets.size())) {
      assertThat(socket.getInputStream().available()).as("refused").isZero();
    }
  }

  private int listen(String key) throws IOException {
    Socket socket =
        send(
            "GET /api/audit/live HTTP/1.1\r\nHost: x\r\nX-API-Key: " + key + "\r\n\r\n",
            new byte[0]);
    byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
    return Integer.parseInt(new String(status, US_ASCII).substring("HTTP/1.1 ".length()));
  }

  private static byte[] lines(int events) {
    return (EVENT + "\n").repeat(events).getBytes(US_ASCII);
  }

  @Test
  void smallEventsCountAsTheEntriesThatTheyBecome() throws Exception {
    server.close();
    ServerConfig.Limits limits =
        new ServerConfig.Limits(10_000, 100_000, 250_000, 100, 100, Duration.ofMinutes(1));
    server = TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()));
    String key = server.key("many-small", Permission.AUDIT_APPEND);

    HttpResponse<String> refused =
        server.post("/api/audit/events", key, "application/x-ndjson", lines(1_000));

    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
    assertThat(refused.body()).contains("bodies");
    assertThat(
            server.post("/api/audit/events", key, "application/x-ndjson", lines(100)).statusCode())
        .isEqualTo(201);
  }

  @Test
  void theLiveStreamsOfOneKeyKeepNoOtherKeyOut() throws Exception {
    String attacker = server.key("attacker", Permission.ADMIN_AUDIT);
    int status = 200;
    for (int i = 0; i < 200 && status == 200; i++) {
      status = listen(attacker);
    }
    assertThat(listen(reader)).isEqualTo(200);
    HttpResponse<String> refused = server.get("/api/audit/live", attacker);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    assertThat(refused.body()).contains("live streams", "attacker");
    assertRecorded("live_streams", "attacker");
  }

  /** A file in the place of the index's directory keeps the index from following the log. */
  private void blockIndex() throws IOException {
    Path index = server.log.reader().directory().index();
    while (!Files.isRegularFile(index)) {
      try {
        if (Files.exists(index)) {
          List<Path> paths;
          try (var tree = Files.walk(index)) {
            paths = tree.sorted(Comparator.reverseOrder()).toList();
          }
          for (Path path : paths) {
            Files.deleteIfExists(path);
          }
        }
        Files.createFile(index);
      } catch (IOException | java.io.UncheckedIOException e) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void theRequestIdsOfOneKeyKeepNoOtherKeyOut() throws Exception {
    String attacker = server.key("attacker", Permission.AUDIT_APPEND);
    String other = server.key("other", Permission.AUDIT_APPEND);
    assertThat(server.append(other, batch("before", 1)).statusCode()).isEqualTo(201);
    blockIndex();
    for (int i = 0; status(server.get("/readyz", "")).equals("ready"); i++) {
      assertThat(i).isLessThan(600);
      server.append(other, EVENT);
      Thread.sleep(50);
    }
    HttpResponse<String> answer = server.append(attacker, batch("first", 10_000));
    for (int i = 0; i < 21 && answer.statusCode() == 201; i++) {
      answer = server.append(attacker, batch("more" + i, 10_000));
    }
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    HttpResponse<String> undisturbed = server.append(other, batch("after", 1_000));
    assertThat(undisturbed.statusCode()).as(undisturbed.body()).isEqualTo(201);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
    assertThat(answer.body()).contains("event ids in memory", "attacker");
    assertRecorded("event_ids", "attacker");
  }

  private static String status(HttpResponse<String> ready) throws Exception {
    JsonNode json = TestServer.JSON.readTree(ready.body());
    return json.path("status").asText();
  }
}
