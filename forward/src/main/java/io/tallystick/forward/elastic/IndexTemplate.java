package io.tallystick.forward.elastic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.net.HttpReceiver;
import io.tallystick.forward.sink.SinkException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;

/**
 * The template of the index: which type each field has. Without it the first value decides, and the
 * next entry whose details have another kind of value there is refused.
 */
final class IndexTemplate {
  private static final String JSON = "application/json";

  private final HttpReceiver receiver;
  private final String index;
  private final String format;

  IndexTemplate(HttpReceiver receiver, String index, String format) {
    this.receiver = receiver;
    this.index = index;
    this.format = format;
  }

  /** Creates it, or brings it up to date. Indices that exist stay as they are. */
  void install() throws SinkException, InterruptedException {
    HttpAnswer about = receiver.send("GET", "/", JSON, new byte[0], Map.of());
    if (!about.isSuccess()) {
      throw about.failure();
    }
    JsonNode version = about.json().path("version");
    boolean opensearch = version.path("distribution").asText("").equals("opensearch");
    HttpAnswer answer =
        receiver.send("PUT", "/_index_template/" + index, JSON, template(opensearch), Map.of());
    if (!answer.isSuccess()) {
      throw answer.failure();
    }
  }

  private byte[] template(boolean opensearch) {
    String name = format + ".json";
    try (InputStream in = IndexTemplate.class.getResourceAsStream(name)) {
      ObjectNode template = (ObjectNode) Document.MAPPER.readTree(Objects.requireNonNull(in, name));
      template.putArray("index_patterns").add(index);
      if (opensearch) {
        renameFlattened(template);
      }
      return Document.MAPPER.writeValueAsBytes(template);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** OpenSearch has the type under another name and without parameters. */
  private static void renameFlattened(JsonNode node) {
    for (JsonNode child : node) {
      if (child instanceof ObjectNode field && field.path("type").asText("").equals("flattened")) {
        field.removeAll();
        field.put("type", "flat_object");
      } else {
        renameFlattened(child);
      }
    }
  }
}
