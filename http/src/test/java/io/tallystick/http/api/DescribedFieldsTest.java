package io.tallystick.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import io.tallystick.store.log.Fault;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That the bodies of requests and answers have the fields that {@code openapi.json} describes. */
class DescribedFieldsTest extends DescribedServer {
  @Test
  void theFieldsOfAnEventAreAsLongAsIsDescribed() throws Exception {
    JsonNode event = openapi.at("/components/schemas/Event/properties");
    int tried = 0;
    for (Map.Entry<String, JsonNode> field : event.properties()) {
      int max = schemas.resolve(field.getValue()).path("maxLength").asInt();
      for (int length = max; max > 0 && length <= max + 1; length++) {
        ObjectNode one = TestServer.JSON.createObjectNode().put("event_type", "auth.logout");
        one.put(field.getKey(), "a".repeat(length));
        assertThat(server.append(key, one.toString()).statusCode())
            .as(field.getKey() + " of " + length)
            .isEqualTo(length == max ? 201 : 422);
        tried++;
      }
      boolean array = field.getValue().path("type").toString().contains("array");
      String other = array ? "{}" : "[]";
      assertThat(server.append(key, "{\"" + field.getKey() + "\":" + other + "}").body())
          .contains("\"field\":\"" + field.getKey() + "\"")
          .contains(array ? "but was an object" : "but was an array");
    }
    assertThat(tried).isEqualTo(26);
    String unknown = server.append(key, "{\"event_type\":\"a\",\"x\":1}").body();
    List<String> names = new ArrayList<>();
    event.fieldNames().forEachRemaining(names::add);
    assertThat(unknown).contains("supported fields: " + String.join(", ", names) + "\"");
  }

  @Test
  void theFieldsOfOtherBodiesAreAsIsDescribed() throws Exception {
    JsonNode keys = body("/api/audit/keys");
    int name = keys.at("/name/maxLength").asInt();
    String rest = "\",\"permissions\":[\"admin.audit\"]}";
    assertThat(post("/api/audit/keys", "{\"name\":\"" + "a".repeat(name) + rest)).isEqualTo(201);
    assertThat(post("/api/audit/keys", "{\"name\":\"" + "b".repeat(name + 1) + rest))
        .isEqualTo(422);
    JsonNode holds = body("/api/audit/holds");
    String hold = "{\"first_id\":%s,\"last_id\":%s,\"reason\":\"%s\"}";
    int reason = holds.at("/reason/maxLength").asInt();
    assertThat(post("/api/audit/holds", hold.formatted(1, 1, "a".repeat(reason)))).isEqualTo(201);
    for (String bad :
        List.of(
            hold.formatted(1, 1, "a".repeat(reason + 1)),
            hold.formatted(1, 1, ""),
            hold.formatted(1, 1, "\\u0000"),
            hold.formatted(1, 1, "\\ud800"),
            hold.formatted(0, 1, "a"),
            hold.formatted(1, 1_000, "a"),
            hold.formatted("\"1\"", 1, "a"))) {
      assertThat(post("/api/audit/holds", bad)).as(bad).isEqualTo(422);
    }
    long days = body("/api/audit/retention").at("/days/maximum").asLong();
    String run = "{\"days\":%s,\"dry_run\":true}";
    assertThat(post("/api/audit/retention", run.formatted(days))).isEqualTo(200);
    assertThat(post("/api/audit/retention", run.formatted(days + 1))).isEqualTo(422);
    assertThat(post("/api/audit/retention", run.formatted(0))).isEqualTo(422);
    assertThat(openapi.at("/components/schemas/Permission/enum"))
        .isEqualTo(words(Arrays.stream(Permission.values())));
    assertThat(
            openapi
                .at("/components/schemas/Verification/properties/broken_links/items")
                .at("/properties/kind/enum"))
        .isEqualTo(words(Arrays.stream(Fault.Kind.values())));
    JsonNode events = openapi.at("/paths/~1api~1audit~1events/post/requestBody/content");
    assertThat(events.at("/application~1json/schema/oneOf/1/maxItems").asInt())
        .isEqualTo(ServerConfig.defaults().limits().maxEvents());
  }

  private static ArrayNode words(Stream<?> values) {
    ArrayNode words = TestServer.JSON.createArrayNode();
    values.forEach(value -> words.add(value.toString()));
    return words;
  }

  /** The fields of a body that is described. */
  private JsonNode body(String path) {
    return openapi.at(
        "/paths/"
            + path.replace("/", "~1")
            + "/post/requestBody/content/application~1json/schema/properties");
  }

  private int post(String path, String json) throws Exception {
    return server.post(path, key, "application/json", json.getBytes(UTF_8)).statusCode();
  }

  @Test
  void answersHaveTheFieldsThatAreDescribedAndNoOthers() throws Exception {
    int compared = 0;
    for (Operation operation : operations()) {
      JsonNode bodies = operation.described().path("requestBody").path("content");
      JsonNode example = bodies.path("application/json").path("example");
      String method = operation.method();
      if (operation.path().equals(STREAM) || (method.equals("POST") && example.isMissingNode())) {
        continue;
      }
      String query = operation.path().endsWith("/consistency") ? "?from=1" : "";
      HttpRequest.Builder request =
          server
              .request(concrete(operation) + query, key)
              .header("Content-Type", "application/json")
              .method(
                  method,
                  example.isMissingNode()
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofString(example.toString()));
      HttpResponse<String> answer = server.send(request);
      String status = Integer.toString(answer.statusCode());
      JsonNode described = schemas.resolve(operation.described().get("responses").path(status));
      assertThat(described.isObject()).as(operation + " answers " + status).isTrue();
      String type = answer.headers().firstValue("Content-Type").orElse("").replaceAll(";.*", "");
      JsonNode content = described.path("content");
      assertThat(content.isMissingNode() || content.has(type))
          .as(operation + " as " + type)
          .isTrue();
      if (type.endsWith("/json") || type.endsWith("+json")) {
        JsonNode value = TestServer.JSON.readTree(answer.body());
        assertThat(schemas.faults(content.get(type).get("schema"), value))
            .as(operation + ": " + answer.body())
            .isEmpty();
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(25);
  }
}
