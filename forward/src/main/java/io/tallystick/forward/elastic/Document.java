package io.tallystick.forward.elastic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.EntryCodec;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.SinkSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * A record as a document: itself, and before it, where every format has the same, the fields that
 * tell which record it is.
 *
 * <pre>
 * {"@timestamp":"…","forward":{"origin":"…","sink":"…","seq":7,"id":9,"hash":"…","marker":false}, …}
 * </pre>
 */
final class Document {
  static final String FORWARD = "forward";

  /** Numbers of any size and their exact value. */
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final String TIMESTAMP = "@timestamp";

  private final String origin;
  private final String sink;

  /** Whether the format has a {@code @timestamp} of its own. */
  private final boolean timed;

  Document(SinkSettings settings) {
    origin = settings.origin();
    sink = settings.sink();
    timed = settings.format().equals("ecs");
  }

  /** The same name each time a record is sent, and another one for every other record. */
  String id(Outgoing out) {
    return sink
        + (out.marker() ? "-marker-" : "-")
        + out.seq()
        + "-"
        + out.hash().substring(0, Math.min(32, out.hash().length()));
  }

  /** What tells which record it is. */
  ObjectNode forward(Outgoing out) {
    ObjectNode forward = MAPPER.createObjectNode();
    forward.put("origin", origin);
    forward.put("sink", sink);
    forward.put("seq", out.seq());
    forward.put("id", out.id());
    forward.put("hash", out.hash());
    forward.put("marker", out.marker());
    return forward;
  }

  /** The document of a record that is a JSON object. */
  byte[] of(Outgoing out) {
    ObjectNode head = MAPPER.createObjectNode();
    if (!timed) {
      head.put(TIMESTAMP, EntryCodec.timestamp(out.time()));
    }
    head.set(FORWARD, forward(out));
    byte[] before = head.toString().getBytes(UTF_8);
    byte[] body = out.body();
    ByteArrayOutputStream document = new ByteArrayOutputStream(before.length + body.length);
    document.write(before, 0, before.length - 1);
    document.write(',');
    document.write(body, 1, body.length - 1);
    return document.toByteArray();
  }

  /** The record that a document is, however it was changed. */
  Held held(JsonNode document) throws IOException {
    JsonNode forward = document.path(FORWARD);
    byte[] body = null;
    if (document instanceof ObjectNode object) {
      ObjectNode rest = object.deepCopy();
      rest.remove(FORWARD);
      if (!timed) {
        rest.remove(TIMESTAMP);
      }
      body = MAPPER.writeValueAsBytes(rest);
    }
    return new Held(
        forward.path("id").asLong(),
        forward.path("seq").asLong(),
        forward.path("hash").asText(""),
        body);
  }
}
