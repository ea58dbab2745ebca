package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.service.access.Permission;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One append key posts events of ever new types and categories. */
class TypeFloodTest {
  private static final int TYPES = 30_000;
  private static final int BATCH = 10_000;

  @TempDir Path data;

  @Test
  void aFloodOfTypesLeavesEveryViewSmallAndLosesNoType() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String reader = server.key(Permission.ADMIN_AUDIT);
      String flooder = server.key("flooder", Permission.AUDIT_APPEND);
      JsonNode last = TestServer.JSON.nullNode();
      for (int first = 0; first < TYPES; first += BATCH) {
        StringBuilder lines = new StringBuilder();
        for (int i = first; i < first + BATCH; i++) {
          lines.append("{\"event_type\":\"c%06d.%s\"}\n".formatted(i, "x".repeat(50)));
        }
        HttpResponse<String> answer =
            server.post(
                "/api/audit/events",
                flooder,
                "application/x-ndjson",
                lines.toString().getBytes(UTF_8));
        assertThat(answer.statusCode()).isEqualTo(201);
        last = TestServer.JSON.readTree(answer.body());
      }
      for (long id = BATCH; id <= server.log.lastId(); id += BATCH) {
        server.index.awaitIndexed(id);
      }
      server.index.awaitIndexed(server.log.lastId());
      Map<String, Integer> sizes = new TreeMap<>();
      for (String path : List.of("types", "stats", "overview")) {
        HttpResponse<String> answer = server.get("/api/audit/" + path, reader);
        assertThat(answer.statusCode()).isEqualTo(200);
        sizes.put(path, answer.body().length());
      }
      System.out.println("bytes of the answers after " + TYPES + " types: " + sizes);
      assertThat(sizes.values()).allMatch(bytes -> bytes < 150_000);

      JsonNode receipt = last.get("entries").get(BATCH - 1);
      assertThat(receipt.get("stored_as").asText()).isEqualTo("ingest.unknown_type");
      String lastType = "c%06d.%s".formatted(TYPES - 1, "x".repeat(50));
      for (String filter : new String[] {lastType, lastType.substring(0, 7) + ".*"}) {
        JsonNode found = server.json("/api/audit?event_type=" + filter, reader);
        assertThat(found.get("total").asLong()).as(filter).isEqualTo(1);
        JsonNode entry = found.get("entries").get(0);
        assertThat(entry.get("id")).isEqualTo(receipt.get("id"));
        assertThat(entry.get("event_type").asText()).isEqualTo("ingest.unknown_type");
        assertThat(entry.at("/details/event_type").asText()).isEqualTo(lastType);
      }
      assertThat(
              server
                  .json("/api/audit?event_type=ingest.unknown_type&limit=1", reader)
                  .get("total")
                  .asLong())
          .isEqualTo(TYPES - 1_000);

      String other = server.key("honest", Permission.AUDIT_APPEND);
      HttpResponse<String> honest = server.append(other, "{\"event_type\":\"order.paid\"}");
      assertThat(honest.body()).doesNotContain("stored_as");
      assertThat(typesOnAllPages(server, reader))
          .contains("order.paid", "auth.logout")
          .hasSize(1_001 + known());
    }
  }

  @Test
  void theLimitHoldsAfterARestartAndEventsAreRepeatedSafely() throws Exception {
    String flooder;
    try (TestServer server = TestServer.start(data)) {
      flooder = server.key("flooder", Permission.AUDIT_APPEND);
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < 1_000; i++) {
        lines.append("{\"event_type\":\"order.t%d\"}\n".formatted(i));
      }
      byte[] body = lines.toString().getBytes(UTF_8);
      HttpResponse<String> first =
          server.post("/api/audit/events", flooder, "application/x-ndjson", body);
      assertThat(first.body()).doesNotContain("stored_as");
    }
    try (TestServer server = TestServer.start(data)) {
      server.index.awaitIndexed(server.log.lastId());
      String event = "{\"event_type\":\"order.%s\",\"event_id\":\"r\",\"details\":{\"n\":1.50}}";
      HttpResponse<String> beyond = server.append(flooder, event.formatted("beyond"));
      assertThat(beyond.statusCode()).isEqualTo(201);
      assertThat(beyond.body()).contains("\"stored_as\":\"ingest.unknown_type\"");
      HttpResponse<String> again = server.append(flooder, event.formatted("beyond"));
      assertThat(again.statusCode()).isEqualTo(200);
      JsonNode entry = TestServer.JSON.readTree(again.body());
      assertThat(entry.get("id")).isEqualTo(TestServer.JSON.readTree(beyond.body()).get("id"));
      assertThat(String.valueOf(server.entry(entry.get("id").asLong()).decode().event().details()))
          .isEqualTo("{\"event_type\":\"order.beyond\",\"details\":{\"n\":1.50}}");
      assertThat(server.append(flooder, event.formatted("other")).statusCode()).isEqualTo(409);

      assertThat(server.append(flooder, "{\"event_type\":\"order.t999\"}").body())
          .doesNotContain("stored_as");
      assertThat(server.append(flooder, "{\"event_type\":\"job.submitted\"}").body())
          .doesNotContain("stored_as");
      String large = "{\"event_type\":\"order.large\",\"details\":{\"x\":\"%s\"}}";
      HttpResponse<String> refused =
          server.append(
              flooder, "[{\"event_type\":\"a\"}," + large.formatted("x".repeat(49_130)) + "]");
      assertThat(refused.statusCode()).isEqualTo(422);
      assertThat(refused.body())
          .contains("\"index\":1,\"field\":\"details\"", "details must leave room");
      assertThat(server.append(flooder, large.formatted("x".repeat(49_000))).statusCode())
          .isEqualTo(201);
    }
  }

  private static int known() {
    return io.tallystick.entry.EventType.known().size();
  }

  private static Set<String> typesOnAllPages(TestServer server, String key) throws Exception {
    Set<String> types = new HashSet<>();
    String next = "";
    while (next != null) {
      JsonNode page = server.json("/api/audit/types" + next, key);
      page.get("event_types")
          .forEach(type -> assertThat(types.add(type.get("value").asText())).isTrue());
      String after = page.get("next_after").asText(null);
      next = after == null ? null : "?after=" + after;
    }
    return types;
  }
}
