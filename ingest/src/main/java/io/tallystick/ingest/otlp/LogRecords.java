package io.tallystick.ingest.otlp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.Intake.Document;
import io.tallystick.tlog.Sha256;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Collects the log records of one request as documents, whichever encoding they came in:
 *
 * <pre>
 *   {"protocol":"otlp","resource":{"service.name":"shop"},"scope":{"name":"audit"},
 *    "time":"2026-11-28T01:02:03.000000004Z","severity_number":9,"event_name":"auth.login",
 *    "body":"signed in","attributes":{"user.name":"ann"},"trace_id":"…"}
 * </pre>
 *
 * <p>A record's id is its attribute {@code log.record.uid}. A sender that reads such a record
 * again, after a crash perhaps, must send the same one: so the time at which it was observed is
 * left out, and attributes, which have no order, are sorted. Without that attribute the id is the
 * hash of the request and the record's place in it, for a sender repeats a request byte for byte;
 * but not where the record has no time, because then two requests may be equal and both be meant.
 * Used by one thread.
 */
final class LogRecords {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** What the records of a request may have together, each with its resource and scope. */
  private static final long MAX_CHARACTERS = 64L << 20;

  /** So many records a request may always have. */
  private static final int FREE_RECORDS = 10_000;

  /** Beyond that, a record for each so many bytes: tiny ones take far more memory. */
  private static final int BYTES_PER_RECORD = 32;

  private final String request;
  private final int maxRecords;
  private final List<Document> documents = new ArrayList<>();
  private ObjectNode resource = JSON.objectNode();
  private ObjectNode scope = JSON.objectNode();
  private int around;
  private long characters;

  LogRecords(byte[] body) {
    this.request = Sha256.hex(body);
    this.maxRecords = Math.max(FREE_RECORDS, body.length / BYTES_PER_RECORD);
  }

  List<Document> documents() {
    return documents;
  }

  /** What the records that follow come from. */
  void in(ObjectNode resource, ObjectNode scope) {
    this.resource = resource;
    this.scope = scope;
    this.around = resource.toString().length() + scope.toString().length();
  }

  /**
   * A record.
   *
   * @param record its fields but for the times, named as in the example
   * @param time when it happened, in nanoseconds since 1970, unsigned; 0 if unknown
   * @param observed when it was seen
   */
  void add(ObjectNode record, long time, long observed) throws MalformedOtlpException {
    if (documents.size() == maxRecords) {
      throw new MalformedOtlpException("it has too many records for its size");
    }
    characters += around;
    if (characters > MAX_CHARACTERS) {
      throw new MalformedOtlpException(
          "its records have more than "
              + MAX_CHARACTERS
              + " characters with the resource and scope of each; send fewer at once");
    }
    ObjectNode content = JSON.objectNode().put("protocol", "otlp");
    if (!resource.isEmpty()) {
      content.set("resource", resource);
    }
    if (!scope.isEmpty()) {
      content.set("scope", scope);
    }
    if (time != 0) {
      content.put("time", time(time));
    }
    if (observed != 0) {
      content.put("observed_time", time(observed));
    }
    content.setAll(record);
    JsonNode uid = record.path("attributes").path("log.record.uid");
    if (uid.isTextual() && !uid.textValue().isEmpty()) {
      content.remove("observed_time");
      content.properties().forEach(each -> each.setValue(sorted(each.getValue())));
      documents.add(new Document(content, uid.textValue(), "body"));
    } else {
      String id = (time | observed) == 0 ? null : request + "/" + documents.size();
      documents.add(new Document(content, id, "body"));
    }
  }

  /** The same with the members of all objects in it by their names. */
  private static JsonNode sorted(JsonNode value) {
    if (value instanceof ArrayNode array) {
      ArrayNode all = JSON.arrayNode();
      array.forEach(each -> all.add(sorted(each)));
      return all;
    }
    if (!(value instanceof ObjectNode object)) {
      return value;
    }
    ObjectNode all = JSON.objectNode();
    object.properties().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> all.set(each.getKey(), sorted(each.getValue())));
    return all;
  }

  private static String time(long nanos) {
    return Instant.ofEpochSecond(
            Long.divideUnsigned(nanos, NANOS_PER_SECOND),
            Long.remainderUnsigned(nanos, NANOS_PER_SECOND))
        .toString();
  }

  /** Adds an attribute; a name that comes again keeps its first value, and gets a number. */
  static void put(ObjectNode attributes, String name, JsonNode value) {
    String free = name;
    for (int i = attributes.size() + 1; attributes.has(free); i++) {
      free = name + "#" + i;
    }
    attributes.set(free, value);
  }

  /** A number that JSON has no form for is its name. */
  static JsonNode number(double value) {
    return Double.isFinite(value) ? JSON.numberNode(value) : JSON.textNode(Double.toString(value));
  }
}
