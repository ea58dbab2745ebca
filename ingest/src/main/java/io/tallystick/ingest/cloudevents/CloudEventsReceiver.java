package io.tallystick.ingest.cloudevents;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.Intake.Document;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.JsonBody;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.receiver.Reply;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Receives CloudEvents 1.0 over HTTP, binary, structured and in batches, and allows whoever asks by
 * the handshake of web hooks (HTTP 1.1 Web Hooks for Event Delivery, 4) to send them. An event is
 * known by its source and id together. One without what every event needs is stored all the same.
 */
public final class CloudEventsReceiver implements Receiver {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String STRUCTURED = "application/cloudevents+json";
  private static final String BATCH = "application/cloudevents-batch+json";
  private static final String PREFIX = "ce-";

  @Override
  public List<Route> routes() {
    return List.of(Route.post(""), new Route("OPTIONS", "", true));
  }

  /** The handshake; the key decides who may send, so any origin may ask. */
  @Override
  public Reply answer(Delivery delivery) {
    String origin = delivery.header("WebHook-Request-Origin");
    String rate = delivery.header("WebHook-Request-Rate");
    return origin == null
        ? new Reply(200, "", new byte[0], Map.of("Allow", "OPTIONS, POST"))
        : new Reply(
            200,
            "",
            new byte[0],
            Map.of(
                "Allow",
                "OPTIONS, POST",
                "WebHook-Allowed-Origin",
                printable(origin),
                "WebHook-Allowed-Rate",
                rate == null || !rate.matches("[0-9]{1,9}") ? "*" : rate));
  }

  private static String printable(String text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7f) ? text : "*";
  }

  @Override
  public Received receive(Delivery delivery) {
    return switch (delivery.mediaType()) {
      case STRUCTURED -> structured(delivery.body());
      case BATCH -> batch(delivery.body());
      default -> {
        if (delivery.header(PREFIX + "specversion") == null) {
          yield malformed(
              "An event has the header ce-specversion, or the Content-Type "
                  + STRUCTURED
                  + " or "
                  + BATCH
                  + ".");
        }
        yield received(List.of(document(binary(delivery))));
      }
    };
  }

  private static Received structured(byte[] body) {
    JsonNode event = JsonBody.read(body);
    return event == null
        ? malformed("The body must be one event as JSON.")
        : received(List.of(document(event)));
  }

  private static Received batch(byte[] body) {
    JsonNode events = JsonBody.read(body);
    if (events == null || !events.isArray()) {
      return malformed("The body must be an array of events as JSON.");
    }
    List<Document> documents = new ArrayList<>();
    events.forEach(event -> documents.add(document(event)));
    return received(documents);
  }

  private static Received malformed(String detail) {
    return Received.nothing(Reply.json(400, JSON.objectNode().put("detail", detail)));
  }

  private static Received received(List<Document> documents) {
    return new Received(documents, Reply::noContent);
  }

  private static Document document(JsonNode event) {
    String source = event.path("source").asText("");
    String id = event.path("id").asText("");
    // No source has a space in it.
    return new Document(event, source.isEmpty() || id.isEmpty() ? null : source + " " + id, "data");
  }

  /** The event as it would be in JSON. */
  private static ObjectNode binary(Delivery delivery) {
    ObjectNode event = JSON.objectNode();
    delivery.headers().entrySet().stream()
        .filter(header -> header.getKey().startsWith(PREFIX))
        .sorted(Map.Entry.comparingByKey())
        .forEach(header ->
            event.put(header.getKey().substring(PREFIX.length()), decoded(header.getValue())));
    String type = delivery.header("Content-Type");
    if (type != null) {
      event.put("datacontenttype", type);
    }
    if (delivery.body().length > 0) {
      data(delivery, event);
    }
    return event;
  }

  private static void data(Delivery delivery, ObjectNode event) {
    String type = delivery.mediaType();
    boolean json = type.equals("application/json") || type.endsWith("+json");
    JsonNode value = json ? JsonBody.read(delivery.body()) : null;
    String text = value == null ? utf8(delivery.body()) : null;
    if (value != null) {
      event.set("data", value);
    } else if (text != null) {
      event.put("data", text);
    } else {
      event.put("data_base64", Base64.getEncoder().encodeToString(delivery.body()));
    }
  }

  private static @Nullable String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /**
   * A header's value with its percent-encoded bytes as text. Senders exist that do not encode, so
   * what decodes to no text stays as it is.
   */
  static String decoded(String value) {
    if (value.indexOf('%') < 0) {
      return value;
    }
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean encoded =
          c == '%'
              && i + 2 < value.length()
              && HexFormat.isHexDigit(value.charAt(i + 1))
              && HexFormat.isHexDigit(value.charAt(i + 2));
      if (encoded) {
        bytes.append((char) HexFormat.fromHexDigits(value, i + 1, i + 3));
        i += 2;
      } else if (c > 0xff) {
        return value;
      } else {
        bytes.append(c);
      }
    }
    String text = utf8(bytes.toString().getBytes(StandardCharsets.ISO_8859_1));
    return text == null ? value : text;
  }
}
