package io.tallystick.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.http.HandlerType;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import java.math.BigInteger;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** That {@code openapi.json} describes the server as it is: its routes and parameters. */
class DescriptionTest extends DescribedServer {
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
        // Senders of other systems add what they like to an address, and a body is missing here.
        boolean receives = operation.described().get("tags").toString().contains("receiving");
        assertThat(status(operation, path + "?no.such=1"))
            .as(operation + "")
            .isEqualTo(receives ? status(operation, path) : 200);
      } else {
        String names =
            parameters(operation, "query").stream()
                .map(parameter -> parameter.get("name").asText())
                .sorted()
                .collect(joining(", "));
        assertThat(answer.statusCode()).as(operation + "").isEqualTo(422);
        String message = TestServer.JSON.readTree(answer.body()).get("detail").asText();
        String supported =
            Arrays.stream(message.replaceAll(".*; supported parameters: ", "").split(", ", -1))
                .sorted()
                .collect(joining(", "));
        assertThat(supported).as(operation + "").isEqualTo(names.isEmpty() ? "none" : names);
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
            "1969-12-31T23:59:59Z",
            "2026-11-23t01:02:03z",
            "2026-11-23 01:02:03.042",
            "2026-11-23 01:02",
            "90m",
            "1h",
            "7d",
            "today",
            "yesterday");
    List<String> bad =
        List.of(
            "2026-02-30",
            "2026-11-23 25:02:03",
            "2026-11-23T24:00:00",
            "0h",
            "1w",
            "tomorrow",
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
  void theVersionIsThatOfTheProgram() throws Exception {
    assertThat(Files.readString(Path.of("pom.xml")))
        .contains("<version>" + openapi.at("/info/version").asText() + "</version>");
  }
}
