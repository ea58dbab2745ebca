package io.tallystick.ingest.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.Intake.Document;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.JsonBody;
import io.tallystick.ingest.receiver.JsonItems;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.receiver.Reply;
import io.tallystick.tlog.Sha256;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives the audit log of a Kubernetes API server from its webhook backend, which sends an {@code
 * EventList}. An event is known by its audit id and stage.
 *
 * <p>The API server sends again whatever is refused, 400 included, and drops events once its buffer
 * is full of that. So nothing is refused for what it contains: what is no event is stored raw.
 */
public final class KubernetesReceiver implements Receiver {
  @Override
  public List<Route> routes() {
    return List.of(Route.post(""));
  }

  @Override
  public Received receive(Delivery delivery) {
    JsonNode body = JsonBody.read(delivery.body());
    if (body == null) {
      return new Received(salvage(delivery.body()), Reply::noContent);
    }
    List<Document> documents = new ArrayList<>();
    if (body.path("items").isArray()) {
      for (JsonNode item : body.path("items")) {
        documents.add(document(item, body.path("apiVersion")));
      }
    } else {
      documents.add(new Document(body, id(body)));
    }
    return new Received(documents, Reply::noContent);
  }

  /**
   * Each event of a list that can't be read as a whole, for instance because one of them has a key
   * twice; or all of it, where it is no such list.
   */
  private static List<Document> salvage(byte[] body) {
    JsonItems list = JsonItems.find(body, "items");
    JsonNode envelope = list == null ? null : JsonBody.read(list.envelope());
    if (list == null || envelope == null) {
      return List.of(new Document(JsonBody.readOrText(body), Sha256.hex(body)));
    }
    List<Document> documents = new ArrayList<>();
    for (JsonNode item : JsonBody.readEachOrText(list.items())) {
      // What can't be read has its time in it, so its text is what it is known by.
      documents.add(
          item.isTextual()
              ? new Document(item, Sha256.hex(item.textValue().getBytes(UTF_8)))
              : document(item, envelope.path("apiVersion")));
    }
    return documents;
  }

  /** In a list, events do not repeat what kind they are. */
  private static Document document(JsonNode item, JsonNode version) {
    if (!(item instanceof ObjectNode event)) {
      return new Document(item, null);
    }
    ObjectNode content = event.objectNode().put("kind", "Event");
    if (version.isTextual()) {
      content.set("apiVersion", version);
    }
    content.setAll(event);
    return new Document(content, id(event));
  }

  private static @Nullable String id(JsonNode event) {
    String id = event.path("auditID").asText("");
    String stage = event.path("stage").asText("");
    return id.isEmpty() || stage.isEmpty() ? null : id + "/" + stage;
  }
}
