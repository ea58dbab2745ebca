package io.tallystick.ingest.otlp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.receiver.TooManyValuesException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * Reads an {@code ExportLogsServiceRequest} of opentelemetry-proto 1.x in protobuf. Fields that it
 * does not know are skipped, as protobuf asks for. Used by one thread.
 */
final class OtlpProtobuf {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Deepest nesting of a value; an entry holds less. */
  private static final int MAX_DEPTH = 100;

  /** So many values a request may always have. */
  private static final int FREE_VALUES = 200_000;

  /** Beyond that, a value for each so many bytes: tiny ones take far more memory. */
  private static final int BYTES_PER_VALUE = 4;

  private final LogRecords records;
  private final long most;
  private long left;

  private OtlpProtobuf(byte[] body, LogRecords records) {
    this.records = records;
    this.most = Math.max(FREE_VALUES, body.length / BYTES_PER_VALUE);
    this.left = most;
  }

  static void read(byte[] body, LogRecords records) throws MalformedOtlpException {
    OtlpProtobuf reading = new OtlpProtobuf(body, records);
    ProtoReader request = new ProtoReader(body);
    while (request.next()) {
      if (request.field() == 1) {
        reading.resourceLogs(request.message());
      }
    }
  }

  /** The resource may come after its logs, so they wait for it. */
  private void resourceLogs(ProtoReader in) throws MalformedOtlpException {
    ObjectNode resource = JSON.objectNode();
    List<ProtoReader> scopes = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          ProtoReader message = in.message();
          while (message.next()) {
            if (message.field() == 1) {
              attribute(message.message(), resource, 0);
            }
          }
        }
        case 2 -> scopes.add(in.message());
        case 3 -> schema(resource, in.text());
        default -> {}
      }
    }
    for (ProtoReader each : scopes) {
      scopeLogs(each, resource);
    }
  }

  static void schema(ObjectNode object, String url) {
    if (!url.isEmpty()) {
      LogRecords.put(object, "schema_url", JSON.textNode(url));
    }
  }

  private void scopeLogs(ProtoReader in, ObjectNode resource) throws MalformedOtlpException {
    ObjectNode scope = JSON.objectNode();
    List<ProtoReader> logs = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> scope(in.message(), scope);
        case 2 -> logs.add(in.message());
        case 3 -> schema(scope, in.text());
        default -> {}
      }
    }
    records.in(resource, scope);
    for (ProtoReader each : logs) {
      record(each);
    }
  }

  private void scope(ProtoReader in, ObjectNode scope) throws MalformedOtlpException {
    ObjectNode attributes = JSON.objectNode();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> scope.put("name", in.text());
        case 2 -> scope.put("version", in.text());
        case 3 -> attribute(in.message(), attributes, 0);
        default -> {}
      }
    }
    if (!attributes.isEmpty()) {
      scope.set("attributes", attributes);
    }
  }

  private void record(ProtoReader in) throws MalformedOtlpException {
    ObjectNode record = JSON.objectNode();
    ObjectNode attributes = JSON.objectNode();
    long time = 0;
    long observed = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> time = in.fixed64();
        case 2 -> record.put("severity_number", (int) in.number());
        case 3 -> record.put("severity_text", in.text());
        case 5 -> record.set("body", value(in.message(), 0));
        case 6 -> attribute(in.message(), attributes, 0);
        case 7 -> record.put("dropped_attributes_count", in.number());
        case 8 -> record.put("flags", in.fixed32());
        case 9 -> hex(record, "trace_id", in.bytes());
        case 10 -> hex(record, "span_id", in.bytes());
        case 11 -> observed = in.fixed64();
        case 12 -> record.put("event_name", in.text());
        default -> {}
      }
    }
    if (!attributes.isEmpty()) {
      record.set("attributes", attributes);
    }
    records.add(record, time, observed);
  }

  private static void hex(ObjectNode record, String name, byte[] id) {
    if (id.length > 0) {
      record.put(name, HexFormat.of().formatHex(id));
    }
  }

  private void attribute(ProtoReader in, ObjectNode attributes, int depth)
      throws MalformedOtlpException {
    String key = "";
    JsonNode value = NullNode.instance;
    count();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> key = in.text();
        case 2 -> value = value(in.message(), depth + 1);
        default -> {}
      }
    }
    LogRecords.put(attributes, key, value);
  }

  private void count() {
    if (left-- <= 0) {
      throw new TooManyValuesException(most);
    }
  }

  private JsonNode value(ProtoReader in, int depth) throws MalformedOtlpException {
    count();
    if (depth > MAX_DEPTH) {
      throw new MalformedOtlpException("a value is nested more than " + MAX_DEPTH + " deep");
    }
    JsonNode value = NullNode.instance;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> value = JSON.textNode(in.text());
        case 2 -> value = JSON.booleanNode(in.number() != 0);
        case 3 -> value = JSON.numberNode(in.number());
        case 4 -> value = LogRecords.number(Double.longBitsToDouble(in.fixed64()));
        case 5 -> value = array(in.message(), depth);
        case 6 -> value = object(in.message(), depth);
        case 7 -> value = JSON.textNode(Base64.getEncoder().encodeToString(in.bytes()));
        default -> {}
      }
    }
    return value;
  }

  private ArrayNode array(ProtoReader in, int depth) throws MalformedOtlpException {
    ArrayNode array = JSON.arrayNode();
    while (in.next()) {
      if (in.field() == 1) {
        array.add(value(in.message(), depth + 1));
      }
    }
    return array;
  }

  private ObjectNode object(ProtoReader in, int depth) throws MalformedOtlpException {
    ObjectNode object = JSON.objectNode();
    while (in.next()) {
      if (in.field() == 1) {
        attribute(in.message(), object, depth);
      }
    }
    return object;
  }
}
