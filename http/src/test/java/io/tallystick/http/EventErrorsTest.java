package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.service.access.Permission;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a refused batch names everything that is wrong with it. */
class EventErrorsTest {
  private static final String GOOD = "{\"event_type\":\"auth.logout\"}";
  private static final String TWO_FAULTS =
      "{\"event_type\":\"a b\",\"actor_id\":{\"a\":[1]},\"action\":\"x\"}";
  private static final String ALL_KINDS =
      "{\"event_type\":7,\"details\":{\"a\":[1e999,{\"b\":2}]},\"colour\":{\"c\":[]},\"id\":1,"
          + "\"occurred_at\":\"now\",\"action\":\"\\u0000\"}";

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

  private JsonNode refused(String type, String body) throws Exception {
    long lastId = server.log.lastId();
    HttpResponse<String> response =
        server.post("/api/audit/events", writer, type, body.getBytes(StandardCharsets.UTF_8));
    assertThat(response.statusCode()).isEqualTo(422);
    assertThat(server.log.lastId()).isEqualTo(lastId);
    return TestServer.JSON.readTree(response.body());
  }

  private static List<String> places(JsonNode problem) {
    List<String> places = new ArrayList<>();
    problem
        .get("errors")
        .forEach(error -> places.add(error.get("index") + " " + error.get("field").asText()));
    return places;
  }

  @Test
  void everyFaultOfEveryEventIsListed() throws Exception {
    List<String> expected =
        List.of(
            "1 actor_id",
            "1 event_type",
            "3 event_type",
            "3 details",
            "3 \"colour\"",
            "3 id",
            "3 action",
            "3 occurred_at",
            "4 (event)");
    List<String> events = List.of(GOOD, TWO_FAULTS, GOOD, ALL_KINDS, "[]");
    JsonNode array = refused("application/json", "[" + String.join(",", events) + "]");
    assertThat(places(array)).containsExactlyElementsOf(expected);
    assertThat(array.get("detail").asText()).startsWith("9 errors; the first: actor_id must be");
    assertThat(array.has("more_errors")).isFalse();
    JsonNode lines = refused("application/x-ndjson", String.join("\n", events));
    assertThat(places(lines)).containsExactlyElementsOf(expected);
  }

  @Test
  void aLineThatIsNoJsonDoesNotHideTheOthers() throws Exception {
    JsonNode problem = refused("application/x-ndjson", "{\n" + GOOD + "\n" + TWO_FAULTS + "\n");
    assertThat(places(problem)).containsExactly("0 (event)", "2 actor_id", "2 event_type");
  }

  @Test
  void oneFaultIsItsOwnDetail() throws Exception {
    JsonNode problem = refused("application/json", "{\"event_type\":\"a\",\"actor_id\":-1}");
    assertThat(problem.get("detail")).isEqualTo(problem.get("errors").get(0).get("message"));
    assertThat(problem.get("errors").get(0).get("index").isNull()).isTrue();
  }

  @Test
  void beyondAHundredFaultsAreCounted() throws Exception {
    JsonNode problem = refused("application/x-ndjson", (TWO_FAULTS + "\n").repeat(2_000));
    assertThat(problem.get("errors")).hasSize(100);
    assertThat(problem.get("more_errors").asInt()).isEqualTo(3_900);
    assertThat(problem.get("detail").asText()).startsWith("4000 errors");
  }

  @Test
  void anArrayOnALineIsNamed() throws Exception {
    JsonNode problem = refused("application/x-ndjson", "[" + GOOD + "," + GOOD + "]\n");
    assertThat(problem.get("detail").asText()).contains("found an array", "line of its own");
  }

  @Test
  void detailsThatAreTooLargeNameTheirLimit() throws Exception {
    for (int length : new int[] {49_200, 70_000, 1 << 20}) {
      String body =
          "{\"event_type\":\"a\",\"details\":{\"k\":\""
              + "x".repeat(length)
              + "\"},\"actor_id\":-1}";
      JsonNode problem = refused("application/json", body);
      assertThat(places(problem)).containsExactly("null details", "null actor_id");
      assertThat(problem.get("errors").get(0).get("message").asText()).contains("at most 49152");
    }
  }
}
