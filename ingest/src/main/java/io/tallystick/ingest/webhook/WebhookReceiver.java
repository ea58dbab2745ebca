package io.tallystick.ingest.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.Intake.Document;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.JsonBody;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.receiver.Reply;
import io.tallystick.tlog.Sha256;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A receiver of webhooks, one event a request. What is no JSON is stored raw: it was signed by
 * whoever has the secret.
 */
abstract class WebhookReceiver implements Receiver {
  private final String protocol;

  /**
   * @param protocol its name, which its mapping knows it by
   */
  WebhookReceiver(String protocol) {
    this.protocol = protocol;
  }

  @Override
  public final List<Route> routes() {
    return List.of(Route.post(""));
  }

  @Override
  public final boolean isSigned() {
    return true;
  }

  @Override
  public final Received receive(Delivery delivery) {
    ObjectNode content = JsonNodeFactory.instance.objectNode().put("protocol", protocol);
    describe(delivery, content);
    JsonNode payload = JsonBody.readOrText(payload(delivery));
    content.set("payload", payload);
    String id = id(delivery, payload);
    return new Received(List.of(new Document(content, id, "payload")), Reply::noContent);
  }

  /** Adds what the headers say of the event. */
  abstract void describe(Delivery delivery, ObjectNode content);

  /** By which the sender knows the event, the same when it sends it again. */
  abstract @Nullable String id(Delivery delivery, JsonNode payload);

  /** The event itself. */
  byte[] payload(Delivery delivery) {
    return delivery.body();
  }

  /** Copies a header. */
  static void copy(Delivery delivery, String header, ObjectNode content, String as) {
    String value = delivery.header(header);
    if (value != null) {
      content.put(as, value);
    }
  }

  static String sha256(Delivery delivery) {
    return Sha256.hex(delivery.body());
  }
}
