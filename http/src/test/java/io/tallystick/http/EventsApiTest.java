package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.ActorId;
import io.tallystick.entry.Entry;
import io.tallystick.service.access.Permission;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsApiTest {
  @TempDir Path data;
  TestServer server;
  String writer;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    writer = server.key("writer", Permission.AUDIT_APPEND);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void oneEventIsAnsweredWithItsPlace() throws Exception {
    HttpResponse<String> response =
        server.append(writer, "{\"event_type\":\"auth.logout\",\"actor_id\":7}");

    assertThat(response.statusCode()).isEqualTo(201);
    JsonNode place = TestServer.JSON.readTree(response.body());
    StoredEntry stored = server.entry(place.get("id").asLong());
    assertThat(place.properties()).hasSize(3);
    assertThat(place.get("hash").asText()).isEqualTo(stored.hash().toString());
    Entry entry = stored.decode();
    assertThat(new String(stored.bytes(), StandardCharsets.UTF_8))
        .contains("\"timestamp\":\"" + place.get("timestamp").asText() + "\"");
    assertThat(entry.source()).isEqualTo("writer");
    assertThat(entry.event().actorId()).isEqualTo(ActorId.of(7));
    assertThat(response.headers().firstValue("Idempotent-Replay")).isEmpty();
    assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
    assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(response.headers().firstValue("Server")).isEmpty();
  }

  @Test
  void arraysAndLinesAreAnsweredWithEveryPlace() throws Exception {
    String events =
        IntStream.range(0, 5)
            .mapToObj(i -> "{\"event_type\":\"job.submitted\",\"target_id\":\"" + i + "\"}")
            .collect(Collectors.joining(","));
    for (HttpResponse<String> response :
        List.of(
            server.append(writer, "[" + events + "]"),
            server.post(
                "/api/audit/events",
                writer,
                "application/x-ndjson; charset=utf-8",
                events.replace("},", "}\n").getBytes(StandardCharsets.UTF_8)))) {
      assertThat(response.statusCode()).isEqualTo(201);
      JsonNode batch = TestServer.JSON.readTree(response.body());
      long first = batch.get("first_id").asLong();
      assertThat(batch.get("count").asInt()).isEqualTo(5);
      assertThat(batch.get("last_id").asLong()).isEqualTo(first + 4);
      for (int i = 0; i < 5; i++) {
        JsonNode place = batch.get("entries").get(i);
        assertThat(place.get("id").asLong()).isEqualTo(first + i);
        assertThat(place.get("hash").asText()).isEqualTo(server.entry(first + i).hash().toString());
        assertThat(server.entry(first + i).decode().event().targetId())
            .isEqualTo(Integer.toString(i));
      }
    }
  }

  @Test
  void oneEventAsLinesIsABatchOfOne() throws Exception {
    HttpResponse<String> response =
        server.post(
            "/api/audit/events",
            writer,
            "application/x-ndjson",
            "{\"event_type\":\"auth.logout\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(TestServer.JSON.readTree(response.body()).get("count").asInt()).isEqualTo(1);
  }

  /** A body that is not taken, a byte a character, and what the answer must say. */
  private record Bad(String name, String body, int status, String says) {}

  private static String event(String rest) {
    return "{\"event_type\":\"auth.logout\"" + rest + "}";
  }

  private static List<Bad> badBodies() {
    String deep = "{\"a\":".repeat(100) + "1" + "}".repeat(100);
    return List.of(
        new Bad("nothing", "", 422, "expected an event"),
        new Bad("not JSON", "event_type=x", 422, "not JSON"),
        new Bad("cut short", "{\"event_type\":\"auth", 422, "not JSON"),
        new Bad("two values", event("") + event(""), 422, "more after its end"),
        new Bad("a number", "17", 422, "expected an event"),
        new Bad("an empty array", "[]", 422, "at least one event"),
        new Bad("an array in an array", "[[" + event("") + "]]", 422, "JSON object"),
        new Bad("no type", "{\"actor_id\":1}", 422, "event_type is required"),
        new Bad("a bad type", "{\"event_type\":\"Auth Logout\"}", 422, "auth.login.failed"),
        new Bad("a type of 129 bytes", "{\"event_type\":\"" + "a".repeat(129) + "\"}", 422, "128"),
        new Bad("a wrong type", event(",\"actor_id\":true"), 422, "whole number"),
        new Bad("a fraction", event(",\"actor_id\":1.5"), 422, "whole number"),
        new Bad("a negative id", event(",\"actor_id\":-1"), 422, "whole number"),
        new Bad("2^63", event(",\"actor_id\":9223372036854775808"), 422, "2^63-1"),
        new Bad("a string for an object", event(",\"details\":\"x\""), 422, "JSON object"),
        new Bad("an unknown field", event(",\"user\":\"x\""), 422, "unknown field \\\"user\\\""),
        new Bad("a field of the log", event(",\"source\":\"x\""), 422, "set by the log"),
        new Bad("a field twice", event(",\"action\":\"a\",\"action\":\"b\""), 422, "twice"),
        new Bad("a key twice", event(",\"details\":{\"a\":1,\"a\":2}"), 422, "twice"),
        new Bad("1e999", event(",\"details\":{\"a\":1e999}"), 422, "1e999"),
        new Bad("a lone surrogate", event(",\"action\":\"\\ud800\""), 422, "surrogate"),
        new Bad(
            "a lone surrogate in details",
            event(",\"details\":{\"a\":\"\\udc00\"}"),
            422,
            "surrogate"),
        new Bad("NUL", event(",\"action\":\"\\u0000\""), 422, "NUL"),
        new Bad("invalid UTF-8", event(",\"action\":\"\u00ff\""), 422, "UTF-8"),
        new Bad("overlong UTF-8", event(",\"action\":\"\u00c0\u00af\""), 422, "UTF-8"),
        new Bad("an address of five numbers", event(",\"actor_ip\":\"1.2.3.4.5\""), 422, "IPv4"),
        new Bad(
            "a time without offset",
            event(",\"occurred_at\":\"2026-01-01T00:00:00\""),
            422,
            "offset"),
        new Bad(
            "a name of 257 bytes",
            event(",\"actor_username\":\"" + "a".repeat(257) + "\""),
            422,
            "256"),
        new Bad(
            "70 kB", event(",\"details\":{\"a\":\"" + "a".repeat(70_000) + "\"}"), 422, "49152"),
        new Bad("100 deep", event(",\"details\":" + deep), 422, "32"),
        new Bad(
            "a bad event among good ones",
            "[" + event("") + "," + event(",\"x\":1") + "]",
            422,
            "\"index\":1"),
        new Bad(
            "20,000 events",
            "[" + (event("") + ",").repeat(19_999) + event("") + "]",
            413,
            "10000"),
        new Bad("8 MiB and a byte", " ".repeat((8 << 20) + 1), 413, "8388608"));
  }

  @Test
  void badBodiesAreRefusedWithASentenceAndNothingIsWritten() throws Exception {
    for (Bad bad : badBodies()) {
      long lastId = server.log.lastId();
      HttpResponse<String> response =
          server.post(
              "/api/audit/events",
              writer,
              "application/json",
              bad.body().getBytes(StandardCharsets.ISO_8859_1));

      assertThat(response.statusCode()).as(bad.name()).isEqualTo(bad.status());
      assertThat(response.headers().firstValue("Content-Type"))
          .as(bad.name())
          .hasValue("application/problem+json");
      assertThat(response.body()).as(bad.name()).contains(bad.says()).doesNotContain("Exception");
      JsonNode problem = TestServer.JSON.readTree(response.body());
      assertThat(problem.get("status").asInt()).isEqualTo(bad.status());
      assertThat(problem.get("type").asText()).isEqualTo("about:blank");
      assertThat(problem.get("title").asText()).isNotEmpty();
      assertThat(problem.get("detail").asText()).as(bad.name()).hasSizeGreaterThan(15);
      assertThat(problem.has("errors")).as(bad.name()).isEqualTo(bad.status() == 422);
      assertThat(server.log.lastId()).as(bad.name()).isEqualTo(lastId);
    }
  }

  @Test
  void aRefusalNamesTheEventTheFieldAndWhatIsTaken() throws Exception {
    HttpResponse<String> response =
        server.append(writer, "[" + event("") + "," + event(",\"actor_id\":[]") + "]");
    JsonNode error = TestServer.JSON.readTree(response.body()).get("errors").get(0);
    assertThat(error.get("index").asInt()).isEqualTo(1);
    assertThat(error.get("field").asText()).isEqualTo("actor_id");
    assertThat(error.get("message").asText()).contains("whole number");

    error =
        TestServer.JSON
            .readTree(server.append(writer, event(",\"actor_id\":[]")).body())
            .get("errors")
            .get(0);
    assertThat(error.get("index").isNull()).isTrue();
  }

  @Test
  void onlyPlainJsonAndLinesAreTaken() throws Exception {
    long lastId = server.log.lastId();
    byte[] good = event("").getBytes(StandardCharsets.UTF_8);
    for (String type :
        List.of(
            "text/plain",
            "application/xml",
            "application/json; charset=iso-8859-1",
            "application/jsonx",
            "multipart/form-data",
            "application/x-www-form-urlencoded")) {
      HttpResponse<String> response = server.post("/api/audit/events", writer, type, good);
      assertThat(response.statusCode()).as(type).isEqualTo(415);
      assertThat(response.body()).contains("application/x-ndjson");
    }
    HttpRequest.Builder untyped =
        server
            .request("/api/audit/events", writer)
            .POST(HttpRequest.BodyPublishers.ofByteArray(good));
    assertThat(server.send(untyped).statusCode()).isEqualTo(415);
    assertThat(server.log.lastId()).isEqualTo(lastId);
  }

  @Test
  void aParameterThatIsNotTakenIsRefused() throws Exception {
    HttpResponse<String> response =
        server.post(
            "/api/audit/events?wait=yes",
            writer,
            "application/json",
            event("").getBytes(StandardCharsets.UTF_8));
    assertThat(response.statusCode()).isEqualTo(422);
    assertThat(response.body()).contains("wait");
  }

  @Test
  void aBodyThatIsStreamedIsBoundedToo() throws Exception {
    long lastId = server.log.lastId();
    HttpRequest.Builder streamed =
        server
            .request("/api/audit/events", writer)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofInputStream(
                    () -> new ByteArrayInputStream(new byte[9 << 20])));
    int status;
    try {
      status = server.send(streamed).statusCode();
    } catch (IOException e) {
      status = -1; // closed before the client has read the answer
    }
    assertThat(status).isIn(413, -1);
    assertThat(server.log.lastId()).isEqualTo(lastId);
  }

  @Test
  void aFullBatchIsTaken() throws Exception {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (int i = 0; i < 10_000; i++) {
      lines.writeBytes((event(",\"actor_id\":" + i) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    HttpResponse<String> response =
        server.post("/api/audit/events", writer, "application/x-ndjson", lines.toByteArray());
    assertThat(response.statusCode()).isEqualTo(201);
    JsonNode batch = TestServer.JSON.readTree(response.body());
    assertThat(batch.get("count").asInt()).isEqualTo(10_000);
    assertThat(batch.get("last_id").asLong() - batch.get("first_id").asLong()).isEqualTo(9_999);
  }

  @Test
  void sixtyFourWritersGetIdsWithoutGapAndTheHashesOfTheirEntries() throws Exception {
    long before = server.log.lastId();
    int writers = 64;
    int requests = 20;
    List<Future<List<JsonNode>>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int w = 0; w < writers; w++) {
        int number = w;
        results.add(
            threads.submit(() -> {
              List<JsonNode> places = new ArrayList<>();
              for (int r = 0; r < requests; r++) {
                String one = event(",\"actor_id\":" + number + ",\"target_id\":\"" + r + "\"");
                String body = r % 2 == 0 ? one : "[" + one + "," + one + "]";
                HttpResponse<String> response = server.append(writer, body);
                assertThat(response.statusCode()).isEqualTo(201);
                JsonNode answer = TestServer.JSON.readTree(response.body());
                if (answer.has("entries")) {
                  answer.get("entries").forEach(places::add);
                } else {
                  places.add(answer);
                }
              }
              return places;
            }));
      }
    }
    Set<Long> ids = new HashSet<>();
    for (int w = 0; w < writers; w++) {
      for (JsonNode place : results.get(w).get()) {
        StoredEntry stored = server.entry(place.get("id").asLong());
        assertThat(ids.add(stored.id())).isTrue();
        assertThat(place.get("hash").asText()).isEqualTo(stored.hash().toString());
        assertThat(stored.decode().event().actorId()).isEqualTo(ActorId.of(w));
      }
    }
    assertThat(ids).hasSize(writers * requests * 3 / 2);
    assertThat(server.log.lastId()).isEqualTo(before + ids.size());
    assertThat(
            new LogVerifier(server.log.reader())
                .verify(VerifyRequest.all().strictly(), null)
                .valid())
        .isTrue();
  }

  @Test
  void unknownTypesAreRefusedWhereOnlyKnownOnesAreTaken(@TempDir Path other) throws Exception {
    ServerConfig strict =
        ServerConfig.builder().port(0).strictTypes(true).limits(TestServer.LIMITS).build();
    try (TestServer strictServer = TestServer.start(other, strict)) {
      String key = strictServer.key(Permission.AUDIT_APPEND);
      HttpResponse<String> response =
          strictServer.append(key, "[" + event("") + ",{\"event_type\":\"door.opened\"}]");
      assertThat(response.statusCode()).isEqualTo(422);
      assertThat(response.body()).contains("door.opened", "/api/audit/types", "\"index\":1");
      assertThat(strictServer.append(key, event("")).statusCode()).isEqualTo(201);
    }
  }
}
