package io.tallystick.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.HandlerType;
import io.tallystick.http.JsonSchema;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import io.tallystick.store.log.Fault;
import java.math.BigInteger;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * That {@code openapi.json} says of the server what is so: asked of the server, as far as it can.
 */
class DescriptionTest {
  private static final String STREAM = "/api/audit/live";
  private static final String SESSION = "/api/session";

  @TempDir Path data;
  TestServer server;
  String key;
  JsonNode openapi;
  JsonSchema schemas;

  /**
   * An operation that is described.
   *
   * @param method in upper case
   * @param path with its parameters in braces
   */
  private record Operation(String method, String path, JsonNode described) {
    /** The permission that it needs; {@code null} for none. */
    @Nullable Permission permission() {
      JsonNode needed = described.get("security").path(0).path("apiKey").path(0);
      return needed.isMissingNode() ? null : Permission.of(needed.asText()).orElseThrow();
    }

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  @BeforeEach
  void start() throws Exception {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(10_000, 8 << 20, 64L << 20, 4_096, 10_000, Duration.ofMinutes(1));
    server = TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()));
    key = server.key("all", Permission.values());
    openapi =
        TestServer.JSON.readTree(
            server.send(HttpRequest.newBuilder(server.uri("/openapi.json"))).body());
    schemas = new JsonSchema(openapi);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private List<Operation> operations() {
    List<Operation> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : openapi.get("paths").properties()) {
      for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
        all.add(
            new Operation(
                method.getKey().toUpperCase(java.util.Locale.ROOT),
                path.getKey(),
                method.getValue()));
      }
    }
    return all;
  }

  @Test
  void everyChangeInASessionNamesTheToken() {
    for (Operation operation : operations()) {
      boolean inASession =
          operation.described().path("security").toString().contains("\"session\"");
      if (inASession && !operation.method().equals("GET")) {
        assertThat(parameters(operation, "header"))
            .as("headers of " + operation)
            .extracting(parameter -> parameter.get("name").asText())
            .contains("X-CSRF-Token");
      }
    }
  }

  private List<JsonNode> parameters(Operation operation, String in) {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode parameter : operation.described().path("parameters")) {
      JsonNode resolved = schemas.resolve(parameter);
      if (resolved.get("in").asText().equals(in)) {
        found.add(resolved);
      }
    }
    return found;
  }

  /** The path with something for every parameter: its example, the first that is taken, or 1. */
  private String concrete(Operation operation) {
    String path = operation.path();
    for (JsonNode parameter : parameters(operation, "path")) {
      JsonNode choice = parameter.get("schema").path("enum").path(0);
      String value = parameter.path("example").asText(choice.asText("1"));
      path = path.replace("{" + parameter.get("name").asText() + "}", value);
    }
    return path;
  }

  private HttpResponse<String> ask(String method, String path, @Nullable String key)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
    if (key != null) {
      request.header("X-API-Key", key);
    }
    return server.send(request.method(method, HttpRequest.BodyPublishers.noBody()));
  }

  /** Status of the answer; of a GET that of its HEAD, which is the same and ends. */
  private int status(Operation operation, String path) throws Exception {
    return ask(operation.method().replace("GET", "HEAD"), path, key).statusCode();
  }

  @Test
  void everyRouteIsDescribedAndNothingElse() {
    TreeSet<String> described = new TreeSet<>();
    for (Operation operation : operations()) {
      if (operation.path().equals("/web/{file}")) {
        JsonNode files = parameters(operation, "path").getFirst().get("schema").get("enum");
        files.forEach(file -> described.add("GET /web/" + file.asText()));
      } else {
        described.add(operation.toString());
      }
    }
    TreeSet<String> registered = new TreeSet<>();
    TreeSet<String> heads = new TreeSet<>();
    server
        .server
        .app
        .unsafe
        .internalRouter
        .allHttpHandlers()
        .forEach(parsed -> {
          HandlerType method = parsed.endpoint.method;
          String path = parsed.endpoint.path.replace('<', '{').replace('>', '}');
          if (method.equals(HandlerType.HEAD)) {
            heads.add("GET " + path);
          } else if (method.isHttpMethod()) {
            registered.add(method.name() + " " + path);
          }
        });
    assertThat(described).isEqualTo(registered).hasSizeGreaterThan(50);
    assertThat(heads)
        .isEqualTo(
            new TreeSet<>(described.stream().filter(one -> one.startsWith("GET ")).toList()));
  }

  @Test
  void everyOperationTakesThePermissionThatIsDescribedAndNoOther() throws Exception {
    Map<Permission, String> keys = new EnumMap<>(Permission.class);
    for (Permission permission : Permission.values()) {
      keys.put(permission, server.key(permission));
    }
    for (Operation operation : operations()) {
      boolean reads = operation.method().equals("GET");
      for (String method : reads ? List.of("GET", "HEAD") : List.of(operation.method())) {
        String path = concrete(operation);
        Permission needed = operation.permission();
        if (path.equals(SESSION)) {
          assertThat(needed).as(operation + "").isNull();
        } else if (needed == null) {
          assertThat(ask(method, path, null).statusCode()).as(operation + "").isEqualTo(200);
        } else {
          assertThat(ask(method, path, null).statusCode()).as(method + " " + path).isEqualTo(401);
          for (Map.Entry<Permission, String> one : keys.entrySet()) {
            boolean may = one.getKey() == needed;
            if (!may || !path.equals(STREAM) || method.equals("HEAD")) {
              int status = ask(method, path, one.getValue()).statusCode();
              assertThat(status == 403)
                  .as(method + " " + path + " with " + one.getKey() + ": " + status)
                  .isEqualTo(!may);
              assertThat(status).as(method + " " + path).isNotEqualTo(401).isLessThan(500);
            }
          }
        }
      }
    }
  }

  @Test
  void theParametersAreThoseThatTheServerSaysItTakes() throws Exception {
    for (Operation operation : operations()) {
      String path = concrete(operation);
      HttpResponse<String> answer =
          path.equals(STREAM) || operation.described().get("responses").has("422")
              ? ask(operation.method(), path + "?no.such=1", key)
              : null;
      if (answer == null) {
        assertThat(parameters(operation, "query")).as(operation + "").isEmpty();
        assertThat(status(operation, path + "?no.such=1")).as(operation + "").isEqualTo(200);
      } else {
        String names =
            parameters(operation, "query").stream()
                .map(parameter -> parameter.get("name").asText())
                .sorted()
                .collect(joining(", "));
        assertThat(answer.statusCode()).as(operation + "").isEqualTo(422);
        String supported =
            TestServer.JSON.readTree(answer.body()).get("detail").asText().replaceAll(".*; ", "");
        String said =
            Arrays.stream(supported.replace("supported parameters: ", "").split(", ", -1))
                .sorted()
                .collect(joining(", "));
        assertThat(said).as(operation + "").isEqualTo(names.isEmpty() ? "none" : names);
      }
    }
  }

  @Test
  void theLimitsOfParametersAreThoseOfTheServer() throws Exception {
    int tried = 0;
    for (Operation operation : operations()) {
      for (JsonNode parameter : parameters(operation, "query")) {
        String name = parameter.get("name").asText();
        StringBuilder others = new StringBuilder();
        for (JsonNode other : parameters(operation, "query")) {
          if (other.path("required").asBoolean() && !other.equals(parameter)) {
            others.append(other.get("name").asText()).append("=0&");
          }
        }
        String path = concrete(operation) + "?" + others + name + "=";
        tried += limits(operation, path, "", schemas.resolve(parameter.get("schema")));
      }
      for (JsonNode parameter : parameters(operation, "path")) {
        String[] around =
            operation.path().split("\\{" + parameter.get("name").asText() + "\\}", -1);
        tried += limits(operation, around[0], around[1], parameter.get("schema"));
      }
    }
    assertThat(tried).isGreaterThan(300);
  }

  /** Asks with the first and last values that are taken, and those beside them. */
  private int limits(Operation operation, String before, String after, JsonNode schema)
      throws Exception {
    List<String> good = new ArrayList<>();
    List<String> bad = new ArrayList<>();
    switch (schema.path("type").asText()) {
      case "integer" -> {
        BigInteger min = schema.get("minimum").bigIntegerValue();
        good.add(min.toString());
        bad.addAll(List.of(min.subtract(BigInteger.ONE).toString(), "x", "1.0", "%D9%A1", "-0"));
        if (schema.has("maximum")) {
          BigInteger max = schema.get("maximum").bigIntegerValue();
          good.add(max.toString());
          bad.add(max.add(BigInteger.ONE).toString());
        }
      }
      case "boolean" -> {
        good.add("true");
        bad.addAll(List.of("1", "TRUE"));
        (schema.has("enum") ? bad : good).add("false");
      }
      default -> {
        schema.path("enum").forEach(value -> good.add(value.asText()));
        if (!good.isEmpty() && before.contains("?")) {
          bad.addAll(List.of("nonsense", ""));
        }
      }
    }
    if (before.contains("?") && schema.path("minLength").asInt() == 1) {
      bad.add("");
    }
    for (String value : good) {
      assertThat(status(operation, before + value + after))
          .as(operation.method() + " " + before + value + after)
          .isIn(200, 404, 415);
    }
    for (String value : bad) {
      int status = status(operation, before + value + after);
      boolean id = operation.path().startsWith("/api/audit/holds/");
      assertThat(status)
          .as(operation.method() + " " + before + value + after)
          .isEqualTo(id ? 404 : 422);
    }
    return good.size() + bad.size();
  }

  @Test
  void timesAreTakenInTheFormsThatAreDescribed() throws Exception {
    List<String> good =
        List.of(
            "2026-11-23",
            "2026-11-23T01:02",
            "2026-11-23T01:02:03.123456789",
            "2026-11-23T01:02:03Z",
            "2026-11-23T01:02:03.5+14:00",
            "0001-01-01",
            "9999-12-31",
            "1969-12-31T23:59:59Z");
    List<String> bad =
        List.of(
            "2026-02-30",
            "2026-11-23 01:02:03",
            "2026-11-23T24:00:00",
            "+2026-11-23",
            "-999999999-01-01",
            "+999999999-12-31T00:00:00Z",
            "20261123",
            "2026-11-23T01:02:03.1234567890Z",
            "\u0662\u0660\u0662\u0666-11-23");
    for (String path :
        List.of(
            "/api/audit", "/api/audit/stats", "/api/audit/overview", "/api/audit/checkpoints")) {
      for (String name : List.of("since=", "until=")) {
        for (String time : good) {
          String question = path + "?" + name + URLEncoder.encode(time, UTF_8);
          HttpResponse<String> answer = server.get(question, key);
          assertThat(answer.statusCode()).as(question).isEqualTo(200);
          JsonNode said = TestServer.JSON.readTree(answer.body());
          if (path.endsWith("overview")) {
            assertThat(said.get("since").asText()).as(question).matches("\\d{4}-.*Z");
            assertThat(said.get("until").asText()).as(question).matches("\\d{4}-.*Z");
            assertThat(said.at("/buckets/0/start").asText()).as(question).matches("\\d{4}-.*Z");
          }
        }
        for (String time : bad) {
          String question = path + "?" + name + URLEncoder.encode(time, UTF_8);
          assertThat(server.get(question, key).statusCode()).as(question).isEqualTo(422);
        }
      }
    }
  }

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
      assertThat(server.append(key, "{\"" + field.getKey() + "\":[]}").body())
          .contains("\"field\":\"" + field.getKey() + "\"", "but was an array");
    }
    assertThat(tried).isEqualTo(14);
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

  @Test
  void theVersionIsThatOfTheProgram() throws Exception {
    assertThat(Files.readString(Path.of("pom.xml")))
        .contains("<version>" + openapi.at("/info/version").asText() + "</version>");
  }
}
