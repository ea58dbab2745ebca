package io.tallystick.service.append;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.Event;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdempotentAppenderTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir Path data;

  private static String event(String eventId) {
    return "{\"event_type\":\"auth.logout\",\"event_id\":\"" + eventId + "\"}";
  }

  private static IdempotentAppender once(TestServer server, long window, int maxHeld) {
    return new IdempotentAppender(server.log, server.index, window, maxHeld, TIMEOUT);
  }

  private static Event logout(String eventId) {
    return Event.builder("auth.logout").eventId(eventId).build();
  }

  private static JsonNode read(HttpResponse<String> response) throws Exception {
    return TestServer.JSON.readTree(response.body());
  }

  /** A receipt, but for whether it is a replay. */
  private static JsonNode entry(HttpResponse<String> response) throws Exception {
    return entry(read(response));
  }

  private static JsonNode entry(JsonNode receipt) {
    return ((ObjectNode) receipt).without("replayed");
  }

  @Test
  void theSameRequestGetsTheFirstAnswerAgain() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      HttpResponse<String> first = server.append(key, event("a"));
      long lastId = server.log.lastId();
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> again = server.append(key, event("a"));
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.headers().firstValue("Idempotent-Replay")).hasValue("true");
        assertThat(entry(again)).isEqualTo(read(first));
        server.index.awaitIndexed(lastId);
      }
      assertThat(first.statusCode()).isEqualTo(201);
      assertThat(server.log.lastId()).isEqualTo(lastId);
    }
  }

  @Test
  void anotherKeyMayUseTheSameEventId() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String one = server.key(Permission.AUDIT_APPEND);
      String two = server.key(Permission.AUDIT_APPEND);
      long first = read(server.append(one, event("a"))).get("id").asLong();
      HttpResponse<String> other = server.append(two, event("a"));
      assertThat(other.statusCode()).isEqualTo(201);
      assertThat(read(other).get("id").asLong()).isGreaterThan(first);
    }
  }

  @Test
  void theFirstAnswerIsRememberedAcrossRestarts() throws Exception {
    String key;
    JsonNode first;
    JsonNode second = TestServer.JSON.nullNode();
    try (TestServer server = TestServer.start(data)) {
      key = server.key(Permission.AUDIT_APPEND);
      first = read(server.append(key, event("a")));
    }
    for (int restart = 0; restart < 2; restart++) {
      try (TestServer server = TestServer.start(data)) {
        long lastId = server.log.lastId();
        HttpResponse<String> again = server.append(key, event("a"));
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(entry(again)).isEqualTo(first);
        assertThat(server.log.lastId()).isEqualTo(lastId);
        JsonNode b = entry(server.append(key, event("b")));
        assertThat(b).isEqualTo(restart == 0 ? b : second);
        second = b;
      }
    }
  }

  @Test
  void ofConcurrentDuplicatesOneIsWritten() throws Exception {
    try (TestServer server = TestServer.start(data);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      String key = server.key(Permission.AUDIT_APPEND);
      long before = server.log.lastId();
      int rounds = 10;
      for (int round = 0; round < rounds; round++) {
        String body = event("round-" + round);
        List<Future<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
          answers.add(threads.submit(() -> server.append(key, body)));
        }
        Set<JsonNode> entries = new HashSet<>();
        int created = 0;
        for (Future<HttpResponse<String>> answer : answers) {
          entries.add(entry(answer.get()));
          created += answer.get().statusCode() == 201 ? 1 : 0;
        }
        assertThat(entries).hasSize(1);
        assertThat(created).isEqualTo(1);
      }
      assertThat(server.log.lastId()).isEqualTo(before + rounds);
    }
  }

  @Test
  void overlappingBatchesNeitherBlockEachOtherNorWriteTwice() throws Exception {
    try (TestServer server = TestServer.start(data);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long before = server.log.lastId();
      int names = 200;
      IdempotentAppender once =
          once(server, IdempotentAppender.WINDOW_EVENTS, IdempotentAppender.MAX_HELD);
      List<Future<AppendResult>> answers = new ArrayList<>();
      List<List<Event>> batches = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Random random = new Random(i);
        List<Event> batch = random.ints(20, 0, names).mapToObj(n -> logout("n" + n)).toList();
        batches.add(batch);
        answers.add(threads.submit(() -> once.append(batch, "w")));
      }
      java.util.Map<String, Long> ids = new java.util.HashMap<>();
      for (int i = 0; i < batches.size(); i++) {
        AppendResult written = answers.get(i).get();
        for (int e = 0; e < batches.get(i).size(); e++) {
          long id = written.places().get(e).id();
          String eventId = String.valueOf(batches.get(i).get(e).eventId());
          assertThat(ids.putIfAbsent(eventId, id)).isIn(null, id);
          assertThat(server.entry(id).decode().event().eventId()).isEqualTo(eventId);
        }
      }
      assertThat(server.log.lastId()).isEqualTo(before + ids.size());
    }
  }

  @Test
  void inABatchTheOldOnesKeepTheirPlaces() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      JsonNode a = read(server.append(key, event("a")));
      long lastId = server.log.lastId();

      HttpResponse<String> mixed =
          server.append(
              key,
              "["
                  + event("b")
                  + ","
                  + event("a")
                  + ",{\"event_type\":\"auth.logout\"},"
                  + event("b")
                  + "]");
      assertThat(mixed.statusCode()).isEqualTo(201);
      assertThat(mixed.headers().firstValue("Idempotent-Replay")).isEmpty();
      JsonNode entries = read(mixed).get("entries");
      assertThat(entries.get(0).get("id").asLong()).isEqualTo(lastId + 1);
      assertThat(entry(entries.get(1))).isEqualTo(a);
      assertThat(entries.get(2).get("id").asLong()).isEqualTo(lastId + 2);
      assertThat(entry(entries.get(3))).isEqualTo(entries.get(0));
      assertThat(read(mixed).get("count").asInt()).isEqualTo(4);
      assertThat(server.log.lastId()).isEqualTo(lastId + 2);

      HttpResponse<String> all = server.append(key, "[" + event("a") + "," + event("b") + "]");
      assertThat(all.statusCode()).isEqualTo(200);
      assertThat(all.headers().firstValue("Idempotent-Replay")).hasValue("true");
      assertThat(read(all).get("first_id")).isEqualTo(a.get("id"));
      assertThat(read(all).get("last_id").asLong()).isEqualTo(lastId + 1);
    }
  }

  @Test
  void aRefusedBatchLeavesItsEventIdsFree() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      assertThat(server.append(key, "[" + event("a") + ",{}]").statusCode()).isEqualTo(422);
      assertThat(server.append(key, event("a")).statusCode()).isEqualTo(201);
    }
  }

  @Test
  void afterTheWindowAEventIdIsNew() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      IdempotentAppender once = once(server, 3, IdempotentAppender.MAX_HELD);
      long first = once.append(List.of(logout("a")), "w").places().getFirst().id();
      once.append(List.of(Event.of("auth.logout"), Event.of("auth.logout")), "w");
      once.append(List.of(Event.of("user.created"), Event.of("user.created")), "other");
      server.index.awaitIndexed(server.log.lastId());
      assertThat(once.append(List.of(logout("a")), "w").places().getFirst().id()).isEqualTo(first);
      once.append(List.of(Event.of("auth.logout")), "w");
      server.index.awaitIndexed(server.log.lastId());
      AppendResult later = once.append(List.of(logout("a")), "w");
      assertThat(later.isReplay()).isFalse();
      long second = later.places().getFirst().id();
      server.index.awaitIndexed(server.log.lastId());
      assertThat(once.append(List.of(logout("a")), "w").places().getFirst().id())
          .isEqualTo(second)
          .isGreaterThan(first);
    }
  }

  @Test
  void aFailureOfTheLogFreesTheEventId() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      IdempotentAppender once =
          once(server, IdempotentAppender.WINDOW_EVENTS, IdempotentAppender.MAX_HELD);
      server.log.close();
      for (int i = 0; i < 2; i++) {
        assertThat(
                org.assertj.core.api.Assertions.catchThrowable(
                    () -> once.append(List.of(logout("a")), "w")))
            .isInstanceOf(io.tallystick.store.log.LogException.Stopped.class);
      }
    }
  }

  @Test
  void whatTheIndexFindsIsNotHeldInMemory() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      IdempotentAppender once = once(server, IdempotentAppender.WINDOW_EVENTS, 10);
      List<Long> ids = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        ids.add(once.append(List.of(logout("r" + i)), "w").places().getFirst().id());
        assertThat(once.held()).isLessThanOrEqualTo(10);
      }
      for (int i = 0; i < 300; i++) {
        AppendResult again = once.append(List.of(logout("r" + i)), "w");
        assertThat(again.isReplay()).isTrue();
        assertThat(again.places().getFirst().id()).isEqualTo(ids.get(i));
      }
    }
  }
}
