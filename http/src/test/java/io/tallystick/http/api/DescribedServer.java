package io.tallystick.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.http.JsonSchema;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.TestServer;
import io.tallystick.ingest.config.IngestFile;
import io.tallystick.ingest.config.ReceiverSpec;
import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server, and the description that it gives of itself. */
abstract class DescribedServer {
  static final String STREAM = "/api/audit/live";
  static final String SESSION = "/api/session";

  @TempDir Path data;
  @TempDir Path files;
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
  record Operation(String method, String path, JsonNode described) {
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
    ServerConfig config = TestServer.config(limits, ServerConfig.Timeouts.defaults());
    server = TestServer.start(data, config.toBuilder().receivers(receivers()).build());
    key = server.key("all", Permission.values());
    openapi =
        TestServer.JSON.readTree(
            server.send(HttpRequest.newBuilder(server.uri("/openapi.json"))).body());
    schemas = new JsonSchema(openapi);
  }

  /** One for each route that there can be. */
  private List<ReceiverSpec> receivers() throws Exception {
    return IngestFile.read(
        Files.writeString(
            files.resolve("ingest.yaml"),
            """
            receivers:
              - {name: events, type: cloudevents}
              - {name: otel, type: otlp, customary_path: true}
              - {name: splunk, type: hec, customary_path: true}
            """));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  List<Operation> operations() {
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

  List<JsonNode> parameters(Operation operation, String in) {
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
  String concrete(Operation operation) {
    String path = operation.path();
    for (JsonNode parameter : parameters(operation, "path")) {
      JsonNode choice = parameter.get("schema").path("enum").path(0);
      String value = parameter.path("example").asText(choice.asText("1"));
      path = path.replace("{" + parameter.get("name").asText() + "}", value);
    }
    return path;
  }

  HttpResponse<String> ask(String method, String path, @Nullable String key) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
    if (key != null) {
      request.header("X-API-Key", key);
    }
    return server.send(request.method(method, HttpRequest.BodyPublishers.noBody()));
  }

  /** Status of the answer; of a GET that of its HEAD, which is the same and ends. */
  int status(Operation operation, String path) throws Exception {
    return ask(operation.method().replace("GET", "HEAD"), path, key).statusCode();
  }
}
