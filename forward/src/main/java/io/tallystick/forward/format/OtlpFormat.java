package io.tallystick.forward.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Places;
import io.tallystick.service.answer.EntryView;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A log record of OpenTelemetry, in the JSON of OTLP: 64-bit numbers are texts, values say their
 * type. Details are an attribute with the structure that they have. Stateless.
 */
public final class OtlpFormat implements Format {
  private static final int INFO = 9;

  private static final Map<String, Integer> SEVERITIES =
      Map.of(
          "informational", INFO, "low", 10, "medium", 13, "high", 17, "critical", 19, "fatal", 21);

  private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000);

  @Override
  public String name() {
    return "otlp";
  }

  @Override
  public byte[] format(Forwarded forwarded) {
    EntryView entry = forwarded.entry();
    Fields fields = new Fields(forwarded);
    ObjectNode log =
        log(
            entry.eventType(),
            fields.occurredInNanos(),
            entry.timestamp(),
            fields.description(),
            entry.severity());
    Attributes attributes = new Attributes(log, forwarded.origin(), forwarded.sink());
    attributes.identity(forwarded.seq(), entry.id(), fields.hash());
    attributes.text("tallystick.outcome", fields.outcome());
    attributes.text("tallystick.source", entry.source());
    attributes.text("tallystick.tenant", entry.tenant());
    attributes.text("tallystick.actor_type", entry.actorType());
    attributes.text("enduser.id", fields.actorId());
    attributes.text("user.name", entry.actorUsername());
    attributes.text(
        "client.address", entry.actorIp() == null ? entry.actorHost() : entry.actorIp());
    attributes.text("user_agent.original", entry.userAgent());
    attributes.text("session.id", entry.sessionId());
    attributes.text("tallystick.target_type", entry.targetType());
    attributes.text("tallystick.target_id", entry.targetId());
    attributes.text("tallystick.target_name", entry.targetName());
    attributes.text("tallystick.occurred_at", entry.occurredAt());
    attributes.text("tallystick.event_id", entry.eventId());
    attributes.text("tallystick.request_id", entry.requestId());
    attributes.text("log.record.original", forwarded.original());
    if (entry.sourceSeq() != null) {
      attributes.number("tallystick.source_seq", entry.sourceSeq());
    }
    if (!forwarded.redacted().isEmpty()) {
      attributes.texts("tallystick.redacted", forwarded.redacted());
    }
    JsonNode details = Json.tree(fields.details());
    if (!details.isMissingNode()) {
      attributes.add("tallystick.details", value(details));
    }
    if (entry.traceId() != null) {
      log.put("traceId", entry.traceId());
    }
    return Json.bytes(log);
  }

  private static ObjectNode log(
      String type, Instant occurred, Instant logged, String body, @Nullable String severity) {
    ObjectNode log = Json.object();
    log.put("timeUnixNano", nanos(occurred));
    log.put("observedTimeUnixNano", nanos(logged));
    log.put("severityNumber", severity == null ? INFO : SEVERITIES.getOrDefault(severity, INFO));
    Json.text(log, "severityText", severity);
    log.put("eventName", type);
    log.putObject("body").put("stringValue", body);
    return log;
  }

  private static String nanos(Instant time) {
    return BigInteger.valueOf(time.getEpochSecond())
        .multiply(NANOS)
        .add(BigInteger.valueOf(time.getNano()))
        .toString();
  }

  /** A value with its type. */
  private static ObjectNode value(JsonNode node) {
    ObjectNode value = Json.object();
    switch (node.getNodeType()) {
      case OBJECT -> {
        ArrayNode values = value.putObject("kvlistValue").putArray("values");
        node.properties()
            .forEach(each ->
                values.addObject().put("key", each.getKey()).set("value", value(each.getValue())));
      }
      case ARRAY -> {
        ArrayNode values = value.putObject("arrayValue").putArray("values");
        node.forEach(each -> values.add(value(each)));
      }
      case NUMBER -> {
        if (node.isIntegralNumber() && node.canConvertToLong()) {
          value.put("intValue", node.asText());
        } else {
          value.put("doubleValue", node.doubleValue());
        }
      }
      case BOOLEAN -> value.put("boolValue", node.booleanValue());
      case STRING -> value.put("stringValue", node.textValue());
      // Null is a value without a type.
      default -> {}
    }
    return value;
  }

  @Override
  public byte[] marker(Marker marker) {
    ObjectNode log = log(Marker.EVENT_TYPE, marker.time(), marker.time(), "Forwarded so far", null);
    Attributes attributes = new Attributes(log, marker.origin(), marker.sink());
    attributes.number("tallystick.marker.number", marker.number());
    attributes.number("tallystick.marker.through_id", marker.throughId());
    attributes.number("tallystick.marker.through_seq", marker.throughSeq());
    attributes.number("tallystick.marker.count", marker.count());
    attributes.text("tallystick.marker.root", marker.root().toString());
    attributes.text("tallystick.marker.previous", marker.previous().toString());
    attributes.text("tallystick.marker.hash", marker.hash().toString());
    attributes.text("tallystick.marker.checkpoint", marker.checkpoint());
    return Json.bytes(log);
  }

  @Override
  public byte[] reduced(Reduced entry) {
    ObjectNode log =
        log(entry.eventType(), entry.timestamp(), entry.timestamp(), entry.eventType(), null);
    Attributes attributes = new Attributes(log, entry.origin(), entry.sink());
    attributes.identity(entry.seq(), entry.id(), entry.hash());
    attributes.number("tallystick.bytes", entry.bytes());
    attributes.add("tallystick.truncated", Json.object().put("boolValue", entry.truncated()));
    attributes.text("tallystick.raw", entry.raw());
    return Json.bytes(log);
  }

  @Override
  public Optional<Held> read(byte[] record) {
    JsonNode log = Places.parse(record);
    Map<String, String> texts = new HashMap<>();
    if (log != null) {
      for (JsonNode attribute : log.path("attributes")) {
        JsonNode value = attribute.path("value");
        JsonNode number = value.path("intValue");
        texts.put(
            attribute.path("key").asText(""),
            (number.isMissingNode() ? value.path("stringValue") : number).asText(""));
      }
      if (log.path("eventName").asText("").equals(Marker.EVENT_TYPE)) {
        return Optional.empty();
      }
    }
    return Optional.of(
        new Held(
            Fields.number(texts.get("tallystick.id")),
            Fields.number(texts.get("tallystick.seq")),
            texts.getOrDefault("tallystick.hash", ""),
            record));
  }

  /** The attributes of a log record that is being written. */
  private static final class Attributes {
    private final ArrayNode attributes;

    Attributes(ObjectNode log, String origin, String sink) {
      attributes = log.putArray("attributes");
      text("tallystick.origin", origin);
      text("tallystick.sink", sink);
    }

    void identity(long seq, long id, String hash) {
      number("tallystick.seq", seq);
      number("tallystick.id", id);
      text("tallystick.hash", hash);
    }

    void text(String key, @Nullable String text) {
      if (text != null) {
        add(key, Json.object().put("stringValue", text));
      }
    }

    void texts(String key, List<String> texts) {
      ObjectNode array = Json.object();
      ArrayNode values = array.putObject("arrayValue").putArray("values");
      texts.forEach(text -> values.addObject().put("stringValue", text));
      add(key, array);
    }

    void number(String key, long number) {
      add(key, Json.object().put("intValue", Long.toString(number)));
    }

    void add(String key, ObjectNode value) {
      attributes.addObject().put("key", key).set("value", value);
    }
  }
}
