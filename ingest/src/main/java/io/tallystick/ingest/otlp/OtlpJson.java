package io.tallystick.ingest.otlp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.receiver.JsonBody;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;

/**
 * Reads an {@code ExportLogsServiceRequest} in JSON: names in lower camel case, 64-bit integers as
 * strings or numbers, trace and span ids in hexadecimal. Fields that it does not know are ignored.
 */
final class OtlpJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final BigInteger MAX_TIME = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private OtlpJson() {}

  static void read(byte[] body, LogRecords records) throws MalformedOtlpException {
    JsonBody.Values all = JsonBody.readAll(body);
    if (all.failure() != null) {
      throw new MalformedOtlpException(all.failure());
    }
    if (all.values().size() != 1 || !(all.values().getFirst() instanceof ObjectNode request)) {
      throw new MalformedOtlpException("it must be one JSON object");
    }
    for (JsonNode logs : list(request, "resourceLogs")) {
      ObjectNode resource = attributes(logs.path("resource"));
      OtlpProtobuf.schema(resource, logs.path("schemaUrl").asText(""));
      for (JsonNode scoped : list(logs, "scopeLogs")) {
        records.in(resource, scope(scoped));
        for (JsonNode record : list(scoped, "logRecords")) {
          record(record, records);
        }
      }
    }
  }

  private static Iterable<JsonNode> list(JsonNode object, String name)
      throws MalformedOtlpException {
    JsonNode list = object.path(name);
    if (list.isMissingNode() || list.isNull()) {
      return List.of();
    }
    if (!(list instanceof ArrayNode array)) {
      throw new MalformedOtlpException(name + " must be an array");
    }
    return array;
  }

  private static ObjectNode scope(JsonNode scoped) throws MalformedOtlpException {
    ObjectNode scope = JSON.objectNode();
    JsonNode given = scoped.path("scope");
    for (String name : List.of("name", "version")) {
      String text = given.path(name).asText("");
      if (!text.isEmpty()) {
        scope.put(name, text);
      }
    }
    ObjectNode attributes = attributes(given);
    if (!attributes.isEmpty()) {
      scope.set("attributes", attributes);
    }
    OtlpProtobuf.schema(scope, scoped.path("schemaUrl").asText(""));
    return scope;
  }

  private static void record(JsonNode given, LogRecords records) throws MalformedOtlpException {
    if (!given.isObject()) {
      throw new MalformedOtlpException("logRecords must hold objects");
    }
    ObjectNode record = JSON.objectNode();
    copy(given, "severityNumber", record, "severity_number");
    copy(given, "severityText", record, "severity_text");
    if (given.has("body")) {
      record.set("body", value(given.path("body")));
    }
    ObjectNode attributes = attributes(given);
    if (!attributes.isEmpty()) {
      record.set("attributes", attributes);
    }
    copy(given, "droppedAttributesCount", record, "dropped_attributes_count");
    copy(given, "flags", record, "flags");
    copy(given, "traceId", record, "trace_id");
    copy(given, "spanId", record, "span_id");
    copy(given, "eventName", record, "event_name");
    records.add(record, time(given, "timeUnixNano"), time(given, "observedTimeUnixNano"));
  }

  /** Copies a scalar that is not the default of its kind. */
  private static void copy(JsonNode from, String name, ObjectNode to, String as) {
    JsonNode value = from.path(name);
    if (value.isTextual() && (as.equals("trace_id") || as.equals("span_id"))) {
      value = JSON.textNode(value.textValue().toLowerCase(Locale.ROOT));
    }
    boolean empty = value.isMissingNode() || value.isNull() || value.asText("x").isEmpty();
    if (!empty && !(value.isNumber() && value.asLong() == 0)) {
      to.set(as, value);
    }
  }

  private static long time(JsonNode record, String name) throws MalformedOtlpException {
    String text = record.path(name).asText("0");
    boolean number = text.matches("[0-9]{1,20}");
    if (!number || new BigInteger(text).compareTo(MAX_TIME) > 0) {
      throw new MalformedOtlpException(name + " must be nanoseconds since 1970");
    }
    return Long.parseUnsignedLong(text);
  }

  private static ObjectNode attributes(JsonNode of) throws MalformedOtlpException {
    ObjectNode attributes = JSON.objectNode();
    for (JsonNode each : list(of, "attributes")) {
      LogRecords.put(attributes, each.path("key").asText(""), value(each.path("value")));
    }
    return attributes;
  }

  /** The depth is bounded by that of the JSON. */
  private static JsonNode value(JsonNode any) throws MalformedOtlpException {
    for (String name : List.of("stringValue", "boolValue", "bytesValue")) {
      if (any.has(name)) {
        return any.get(name);
      }
    }
    if (any.has("intValue")) {
      JsonNode value = any.get("intValue");
      boolean number = value.isTextual() && value.textValue().matches("-?(0|[1-9][0-9]{0,18})");
      return number ? JSON.numberNode(new BigInteger(value.textValue())) : value;
    }
    if (any.has("doubleValue")) {
      return any.get("doubleValue");
    }
    if (any.has("arrayValue")) {
      ArrayNode array = JSON.arrayNode();
      for (JsonNode each : list(any.get("arrayValue"), "values")) {
        array.add(value(each));
      }
      return array;
    }
    if (any.has("kvlistValue")) {
      ObjectNode object = JSON.objectNode();
      for (JsonNode each : list(any.get("kvlistValue"), "values")) {
        LogRecords.put(object, each.path("key").asText(""), value(each.path("value")));
      }
      return object;
    }
    return any.isObject() && !any.isEmpty() ? any : NullNode.instance;
  }
}
