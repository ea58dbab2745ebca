package io.tallystick.forward.elastic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.net.TestReceiver.Reply;
import io.tallystick.forward.reconcile.Held;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** {@code _bulk} with {@code create}, from what Elastic documents. What it has survives a kill. */
public final class BulkServer implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  final Map<String, JsonNode> documents = new HashMap<>();
  final List<String> requests = new ArrayList<>();
  final TestReceiver http = new TestReceiver(this::answer);

  /** Answers to give first. */
  final List<Reply> first = new ArrayList<>();

  /** Another status than 201 for a new document. */
  Function<JsonNode, Integer> status = document -> 201;

  int maxBytes = Integer.MAX_VALUE;

  private synchronized Reply answer(HttpExchange request, byte[] body) {
    String what = request.getRequestMethod() + " " + request.getRequestURI();
    requests.add(what);
    if (!first.isEmpty()) {
      return first.removeFirst();
    }
    if (what.equals("GET /")) {
      return new Reply(200, "{\"version\":{\"number\":\"9.4.0\"}}");
    }
    if (what.startsWith("PUT /_index_template/")) {
      return new Reply(200, "{\"acknowledged\":true}");
    }
    if (body.length > maxBytes) {
      return new Reply(413, "");
    }
    String text = new String(body, UTF_8);
    boolean typed =
        "application/x-ndjson".equals(request.getRequestHeaders().getFirst("Content-Type"));
    if (!what.endsWith("/_bulk") || !text.endsWith("\n") || !typed) {
      return new Reply(400, "{\"error\":\"The bulk request must be terminated by a newline\"}");
    }
    List<String> items = new ArrayList<>();
    String[] lines = text.split("\n", -1);
    try {
      for (int i = 0; i + 1 < lines.length; i += 2) {
        String id = MAPPER.readTree(lines[i]).path("create").path("_id").asText();
        items.add(item(id, MAPPER.readTree(lines[i + 1])));
      }
    } catch (JsonProcessingException e) {
      return new Reply(400, "{\"error\":\"malformed\"}");
    }
    return new Reply(200, "{\"errors\":true,\"items\":[" + String.join(",", items) + "]}");
  }

  private String item(String id, JsonNode document) {
    int result = documents.containsKey(id) ? 409 : status.apply(document);
    if (result == 201) {
      documents.put(id, document);
    }
    return """
    {"create":{"_id":"%s","status":%d,"error":{"type":"some_exception","reason":"because"}}}
    """
        .formatted(id, result);
  }

  public int port() {
    return http.port();
  }

  /** Which entries the documents say they are. */
  public synchronized List<Held> held() {
    return documents.values().stream()
        .map(document -> document.path("forward"))
        .filter(forward -> !forward.path("marker").asBoolean())
        .map(forward ->
            new Held(
                forward.path("id").asLong(),
                forward.path("seq").asLong(),
                forward.path("hash").asText(),
                null))
        .toList();
  }

  synchronized List<Long> seqs() {
    return documents.values().stream()
        .map(document -> document.path("forward"))
        .filter(forward -> !forward.path("marker").asBoolean())
        .map(forward -> forward.path("seq").asLong())
        .sorted()
        .toList();
  }

  @Override
  public void close() {
    http.close();
  }
}
