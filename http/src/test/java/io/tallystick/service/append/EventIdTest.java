package io.tallystick.service.append;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an event id stands for: one event of one source, and no other. */
class EventIdTest {
  @TempDir Path data;

  private static String event(String eventId, String targetId) {
    return "{\"event_type\":\"user.created\",\"event_id\":\""
        + eventId
        + "\",\"target_id\":\""
        + targetId
        + "\"}";
  }

  private static JsonNode read(HttpResponse<String> response) throws Exception {
    return TestServer.JSON.readTree(response.body());
  }

  private static IdempotentAppender appender(TestServer server) {
    return new IdempotentAppender(
        server.log,
        server.index,
        IdempotentAppender.WINDOW_EVENTS,
        IdempotentAppender.MAX_HELD,
        Duration.ofSeconds(30));
  }

  /** Before entries of version 2, a request id did what an event id does now. */
  @Test
  void aRequestIdMayRepeat() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      long lastId = server.log.lastId();
      String one = "{\"event_type\":\"vault.request\",\"request_id\":\"r\"}";
      String two = "{\"event_type\":\"vault.response\",\"request_id\":\"r\"}";
      assertThat(server.append(key, "[" + one + "," + two + "]").statusCode()).isEqualTo(201);
      assertThat(server.append(key, two).statusCode()).isEqualTo(201);
      assertThat(server.log.lastId()).isEqualTo(lastId + 3);
    }
  }

  @Test
  void ofAPartialRequestOnlyTheConflictingEventIsRejected() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      long id = read(server.append(key, event("a", "1"))).get("id").asLong();
      String body =
          String.join(
              ",",
              event("b", "1"),
              event("a", "2"),
              event("a", "1"),
              event("c", "1"),
              event("c", "2"));
      for (int round = 0; round < 2; round++) {
        HttpResponse<String> some =
            server.post(
                "/api/audit/events?partial=true",
                key,
                "application/json",
                ("[" + body + "]").getBytes(UTF_8));
        assertThat(some.statusCode()).isEqualTo(207);
        JsonNode answer = read(some);
        assertThat(answer.get("rejected").findValuesAsText("index")).containsExactly("1", "4");
        assertThat(answer.at("/rejected/0/errors/0/message").asText()).contains("entry " + id);
        assertThat(answer.at("/rejected/1/errors/0/message").asText())
            .contains(round == 0 ? "event 3" : "entry " + (id + 2));
        assertThat(answer.get("entries").findValuesAsText("index")).containsExactly("0", "2", "3");
        assertThat(answer.at("/entries/1/id").asLong()).isEqualTo(id);
        assertThat(answer.get("appended").asInt()).isEqualTo(round == 0 ? 2 : 0);
        assertThat(server.log.lastId()).isEqualTo(id + 2);
        server.index.awaitIndexed(id + 2);
      }
    }
  }

  @Test
  void anotherEventUnderAUsedEventIdIsRefusedWithAllOfItsBatch() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      long id = read(server.append(key, event("a", "1"))).get("id").asLong();
      for (int i = 0; i < 2; i++) {
        HttpResponse<String> conflict =
            server.append(key, "[" + event("b", "1") + "," + event("a", "2") + "]");
        assertThat(conflict.statusCode()).isEqualTo(409);
        assertThat(read(conflict).get("detail").asText())
            .contains("\"a\"", "entry " + id, "Event 1");
        assertThat(server.log.lastId()).isEqualTo(id);
        // Once more, when the index has taken over from memory.
        server.index.awaitIndexed(id);
      }
      assertThat(server.append(key, event("b", "2")).statusCode()).isEqualTo(201);
      assertThat(server.append(key, event("a", "1")).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void twoEventsOfABatchUnderOneEventIdAreRefused() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      long lastId = server.log.lastId();
      HttpResponse<String> conflict =
          server.append(
              key, "[" + event("x", "1") + "," + event("a", "1") + "," + event("a", "2") + "]");
      assertThat(conflict.statusCode()).isEqualTo(409);
      assertThat(read(conflict).get("detail").asText()).contains("\"a\"", "Event 2", "event 1");
      assertThat(server.log.lastId()).isEqualTo(lastId);
      assertThat(server.append(key, event("a", "2")).statusCode()).isEqualTo(201);
    }
  }

  @Test
  void aConflictIsFoundAfterARestart() throws Exception {
    String key;
    long id;
    try (TestServer server = TestServer.start(data)) {
      key = server.key(Permission.AUDIT_APPEND);
      id = read(server.append(key, event("a", "1"))).get("id").asLong();
    }
    try (TestServer server = TestServer.start(data)) {
      HttpResponse<String> conflict = server.append(key, event("a", "2"));
      assertThat(conflict.statusCode()).isEqualTo(409);
      assertThat(read(conflict).get("detail").asText()).contains("entry " + id);
      assertThat(server.append(key, event("a", "1")).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void contentIsComparedInItsCanonicalForm() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      server.append(
          key,
          "{\"event_type\":\"a\",\"event_id\":\"r\",\"actor_ip\":\"2001:db8::1\","
              + "\"details\":{\"k\":\"\\u00e9\"}}");
      HttpResponse<String> again =
          server.append(
              key,
              "{ \"details\": {\"k\": \"é\"}, \"actor_ip\":\"2001:DB8:0::1\","
                  + "\"event_id\":\"r\", \"event_type\":\"a\" , \"action\":null}");
      assertThat(again.statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aReplayIsMarkedOnItsReceiptAndNotCountedAsAppended() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      HttpResponse<String> first = server.append(key, event("a", "1"));
      assertThat(read(first).has("replayed")).isFalse();
      HttpResponse<String> again = server.append(key, event("a", "1"));
      assertThat(read(again).get("replayed").asBoolean()).isTrue();
      assertThat(read(again).get("hash")).isEqualTo(read(first).get("hash"));
      assertThat(read(again).get("timestamp")).isEqualTo(read(first).get("timestamp"));
      HttpResponse<String> mixed =
          server.append(
              key, "[" + event("a", "1") + "," + event("b", "1") + "," + event("b", "1") + "]");
      assertThat(mixed.statusCode()).isEqualTo(201);
      assertThat(mixed.headers().firstValue("Idempotent-Replay")).isEmpty();
      assertThat(read(mixed).get("count").asInt()).isEqualTo(3);
      assertThat(read(mixed).get("appended").asInt()).isEqualTo(1);
      List<Boolean> replayed = new ArrayList<>();
      read(mixed).get("entries").forEach(entry -> replayed.add(entry.has("replayed")));
      assertThat(replayed).containsExactly(true, false, true);
    }
  }

  @Test
  void aRequestThatWaitsForAnotherThatFailsAppendsItself() throws Exception {
    Details large = Details.parse("{\"x\":\"" + "x".repeat(32_000) + "\"}");
    try (TestServer server = TestServer.start(data);
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      IdempotentAppender appender = appender(server);
      for (int round = 0; round < 20; round++) {
        String eventId = "round-" + round;
        Event event = Event.builder("user.created").eventId(eventId).build();
        List<Event> tooMuch = new ArrayList<>(List.of(event));
        for (int i = 0; i < 400; i++) {
          tooMuch.add(Event.builder("user.created").details(large).build());
        }
        Future<AppendResult> refused = threads.submit(() -> appender.append(tooMuch, "w"));
        Future<AppendResult> small = threads.submit(() -> appender.append(List.of(event), "w"));
        AppendResult written = small.get();
        assertThat(server.entry(written.places().getFirst().id()).decode().event())
            .isEqualTo(event);
        assertThatThrownBy(refused::get).hasMessageContaining("an encoded batch must have at most");
      }
    }
  }

  @Test
  void eventsWithoutASourceHaveEventIdsOfTheirOwn() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      IdempotentAppender appender = appender(server);
      Event event = Event.builder("user.created").eventId("a").targetId("1").build();
      Event other = Event.builder("user.created").eventId("a").targetId("2").build();
      long id = appender.append(List.of(event), null).places().getFirst().id();
      appender.append(List.of(other), "w");
      server.index.awaitIndexed(server.log.lastId());
      // As after a restart: nothing is in memory.
      IdempotentAppender later = appender(server);
      assertThat(later.append(List.of(event), null).places().getFirst().id()).isEqualTo(id);
      assertThatThrownBy(() -> later.append(List.of(other), null))
          .isInstanceOf(EventIdConflictException.class)
          .hasMessageContaining("entry " + id);
    }
  }
}
