package io.tallystick.service.append;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.EntryField;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The header Idempotency-Key stands for one request of one source. */
class IdempotencyKeyTest {
  @TempDir Path data;

  private static String events(int count) {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add("{\"event_type\":\"user.created\",\"target_id\":\"" + i + "\"}");
    }
    return "[" + String.join(",", events) + "]";
  }

  private static HttpResponse<String> send(
      TestServer server, String key, String idempotencyKey, String query, String body)
      throws Exception {
    return server.send(
        server
            .request("/api/audit/events" + query, key)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", idempotencyKey)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static JsonNode read(HttpResponse<String> response) throws Exception {
    return TestServer.JSON.readTree(response.body());
  }

  @Test
  void aRequestIsWrittenOnceAlsoAcrossARestart() throws Exception {
    String key;
    JsonNode first;
    try (TestServer server = TestServer.start(data)) {
      key = server.key(Permission.AUDIT_APPEND);
      HttpResponse<String> written = send(server, key, "batch-7", "", events(3));
      assertThat(written.statusCode()).isEqualTo(201);
      first = read(written);
      assertThat(server.entry(first.get("last_id").asLong()).decode().text(EntryField.EVENT_ID))
          .isEqualTo("batch-7/2");
    }
    for (int restart = 0; restart < 2; restart++) {
      try (TestServer server = TestServer.start(data)) {
        long lastId = server.log.lastId();
        HttpResponse<String> again = send(server, key, "batch-7", "", events(3));
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(read(again).get("first_id")).isEqualTo(first.get("first_id"));
        assertThat(server.log.lastId()).isEqualTo(lastId);
      }
    }
  }

  @Test
  void anotherRequestUnderAUsedKeyIsRefusedAndNamesAnEntry() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      JsonNode first = read(send(server, key, "k", "", events(3)));
      long lastId = server.log.lastId();
      for (int round = 0; round < 2; round++) {
        for (String other :
            List.of(
                events(2),
                events(4),
                events(3).replace("user.created", "user.deleted"),
                "{\"event_type\":\"user.created\",\"target_id\":\"0\"}")) {
          for (String query : List.of("", "?partial=true")) {
            HttpResponse<String> conflict = send(server, key, "k", query, other);
            assertThat(conflict.statusCode()).as(other).isEqualTo(409);
            assertThat(read(conflict).get("detail").asText())
                .containsPattern(
                    "entry ["
                        + first.get("first_id").asText()
                        + "-"
                        + first.get("last_id").asText()
                        + "]");
            assertThat(server.log.lastId()).isEqualTo(lastId);
          }
        }
        server.index.awaitIndexed(lastId);
      }
      assertThat(send(server, key, "k", "", events(3)).statusCode()).isEqualTo(200);
      assertThat(send(server, key, "other", "", events(2)).statusCode()).isEqualTo(201);
    }
  }

  @Test
  void ofConcurrentRequestsUnderOneKeyOneIsWritten() throws Exception {
    try (TestServer server = TestServer.start(data);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      String key = server.key(Permission.AUDIT_APPEND);
      for (int round = 0; round < 10; round++) {
        String name = "round-" + round;
        long before = server.log.lastId();
        List<Future<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          int count = 2 + i % 2;
          answers.add(threads.submit(() -> send(server, key, name, "", events(count))));
        }
        Set<Integer> statuses = new HashSet<>();
        int created = 0;
        for (Future<HttpResponse<String>> answer : answers) {
          statuses.add(answer.get().statusCode());
          created += answer.get().statusCode() == 201 ? 1 : 0;
        }
        assertThat(created).isEqualTo(1);
        assertThat(statuses).containsExactlyInAnyOrder(200, 201, 409);
        assertThat(server.log.lastId() - before).isBetween(2L, 3L);
      }
    }
  }

  @Test
  void aPartialRequestIsRepeatedAsItWas() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      String body = events(4).replace("\"target_id\":\"1\"", "\"target_id\":1");
      HttpResponse<String> first = send(server, key, "k", "?partial=true", body);
      assertThat(first.statusCode()).isEqualTo(207);
      assertThat(read(first).get("appended").asInt()).isEqualTo(3);
      long lastId = server.log.lastId();
      HttpResponse<String> again = send(server, key, "k", "?partial=true", body);
      assertThat(again.statusCode()).isEqualTo(207);
      assertThat(read(again).get("appended").asInt()).isZero();
      assertThat(read(again).get("rejected")).isEqualTo(read(first).get("rejected"));
      assertThat(server.log.lastId()).isEqualTo(lastId);
    }
  }

  @Test
  void aKeyThatIsNoneIsRefused() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.AUDIT_APPEND);
      for (String bad : List.of("", "two words", "x".repeat(101))) {
        HttpResponse<String> refused = send(server, key, bad, "", events(1));
        assertThat(refused.statusCode()).as(bad).isEqualTo(422);
        assertThat(refused.body()).contains("Idempotency-Key");
      }
    }
  }
}
