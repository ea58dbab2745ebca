package io.tallystick.forward.elastic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.net.HttpReceiver;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.SinkSettings;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Every document of a sink, by a scroll: a view of the index at one moment, which Elasticsearch and
 * OpenSearch give in the same way, without an order that two equal documents would not have.
 */
final class ElasticInventory implements Inventory {
  private static final String JSON = "application/json";
  private static final String KEEP = "2m";

  /** Of documents of 64 KiB less than the largest answer that is read. */
  private static final int PAGE = 400;

  private final SinkSettings settings;
  private final Document document;
  private final String index;
  private final HttpReceiver receiver;

  ElasticInventory(SinkSettings settings) throws IOException {
    this.settings = settings;
    document = new Document(settings);
    index = ElasticType.index(settings);
    receiver = new HttpReceiver(settings, "ApiKey");
  }

  @Override
  public void forEach(Consumer<Held> consumer) throws IOException {
    ask("POST", "/" + index + "/_refresh", "");
    String scroll = "";
    try {
      JsonNode page = ask("POST", "/" + index + "/_search?scroll=" + KEEP, query());
      while (true) {
        scroll = page.path("_scroll_id").asText("");
        JsonNode hits = page.path("hits").path("hits");
        if (page.path("timed_out").asBoolean() || page.path("_shards").path("failed").asInt() > 0) {
          throw new IOException(receiver.name() + " did not answer for all of the index");
        }
        if (hits.isEmpty()) {
          return;
        }
        for (JsonNode hit : hits) {
          consumer.accept(document.held(hit.path("_source")));
        }
        ObjectNode next = Document.MAPPER.createObjectNode();
        next.put("scroll", KEEP).put("scroll_id", scroll);
        page = ask("POST", "/_search/scroll", next.toString());
      }
    } finally {
      if (!scroll.isEmpty()) {
        ObjectNode end = Document.MAPPER.createObjectNode().put("scroll_id", scroll);
        ask("DELETE", "/_search/scroll", end.toString());
      }
    }
  }

  private String query() {
    ObjectNode search = Document.MAPPER.createObjectNode();
    search.put("size", PAGE);
    search.putArray("sort").add("_doc");
    ArrayNode filter = search.putObject("query").putObject("bool").putArray("filter");
    term(filter, "origin", settings.origin());
    term(filter, "sink", settings.sink());
    filter.addObject().putObject("term").put(Document.FORWARD + ".marker", false);
    return search.toString();
  }

  private static void term(ArrayNode filter, String name, String value) {
    filter.addObject().putObject("term").put(Document.FORWARD + "." + name, value);
  }

  private JsonNode ask(String method, String path, String body) throws IOException {
    try {
      HttpAnswer answer = receiver.send(method, path, JSON, body.getBytes(UTF_8), Map.of());
      if (!answer.isSuccess()) {
        throw answer.failure();
      }
      return Document.MAPPER.readTree(answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  @Override
  public void close() {
    receiver.close();
  }
}
