package io.tallystick.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What happened. Immutable: each method returns an event with one more field. The server's
 * docs/http-api.md has the limit of each field.
 */
public final class Event {
  /** More than any entry can have, so that what is too long is the server's word. */
  static final int MAX_BYTES = 128 << 10;

  static final String DEFAULT_STREAM = "default";

  /** What an event can have beside its details. */
  private static final Set<String> NAMES =
      Set.of(
          "event_type",
          "outcome",
          "severity",
          "tenant",
          "actor_type",
          "actor_id",
          "actor_username",
          "actor_ip",
          "user_agent",
          "actor_host",
          "session_id",
          "target_type",
          "target_id",
          "action",
          "target_name",
          "event_id",
          "request_id",
          "trace_id");

  // Nobody may keep out of the log what they do by making the text about it long. What is longer
  // than the log's limits is cut there, and named in "altered".
  private static final int MAX_TEXT = 4_096;
  private static final int MAX_DETAILS = 16_000;

  private final Map<String, Object> fields;

  private Event(Map<String, Object> fields) {
    this.fields = fields;
  }

  /** An event of a type, words joined by dots, for instance {@code auth.login.failed}. */
  public static Event of(String type) {
    return new Event(Map.of("event_type", type));
  }

  /** {@code success}, {@code failure} or {@code unknown}. */
  public Event outcome(@Nullable String outcome) {
    return with("outcome", outcome);
  }

  /** informational, low, medium, high, critical or fatal. */
  public Event severity(@Nullable String severity) {
    return with("severity", severity);
  }

  public Event actorId(long id) {
    return with("actor_id", id);
  }

  public Event actorId(@Nullable String id) {
    return with("actor_id", id);
  }

  public Event actorUsername(@Nullable String name) {
    return with("actor_username", name);
  }

  public Event actorIp(@Nullable String address) {
    return with("actor_ip", address);
  }

  public Event targetType(@Nullable String type) {
    return with("target_type", type);
  }

  public Event targetId(@Nullable String id) {
    return with("target_id", id);
  }

  public Event action(@Nullable String action) {
    return with("action", action);
  }

  /** The time of the call if it is not given and the mode is not {@link Mode#SYNC}. */
  public Event occurredAt(OffsetDateTime time) {
    return with("occurred_at", time.toString());
  }

  /**
   * Makes the event safe to send again: the server writes an id once. A new UUIDv7 if it is not
   * given.
   */
  public Event eventId(@Nullable String id) {
    return with("event_id", id);
  }

  /** Another field by its name in JSON, such as {@code tenant}; {@code null} removes it. */
  public Event with(String field, @Nullable Object value) {
    if (field.equals("source_seq")) {
      throw new IllegalArgumentException("source_seq is counted by the client; leave it out");
    }
    Map<String, Object> more = new LinkedHashMap<>(fields);
    if (value == null) {
      more.remove(field);
    } else {
      more.put(field, value);
    }
    return new Event(Collections.unmodifiableMap(more));
  }

  /**
   * One more of the details: a string, number, boolean, map or collection; of anything else its
   * text.
   */
  public Event detail(String key, @Nullable Object value) {
    Map<Object, @Nullable Object> details = new LinkedHashMap<>(details());
    details.put(key, value);
    return with("details", details);
  }

  /**
   * What outsiders had a part in, such as the pairs of a log record: what is named as a field of an
   * event becomes that field, and anything else one of the details. {@code null} is left out.
   *
   * <p>No length keeps the event out: texts of fields are cut to 4,096 characters, and details that
   * have more than 16,000 are left out but for the names of ten, as {@code left_out}.
   */
  public Event withAll(Map<?, ?> pairs) {
    Event event = this;
    Map<String, Object> others = new LinkedHashMap<>();
    for (Map.Entry<?, ?> pair : pairs.entrySet()) {
      String name = String.valueOf(pair.getKey());
      Object value = pair.getValue();
      if (value == null) {
        continue;
      }
      if (!NAMES.contains(name)) {
        others.put(name, value);
      } else if (name.equals("actor_id") && (value instanceof Long || value instanceof Integer)) {
        event = event.with(name, value);
      } else {
        event = event.with(name, shortened(String.valueOf(value)));
      }
    }
    if (String.valueOf(others).length() > MAX_DETAILS) {
      return event.detail(
          "left_out", others.keySet().stream().limit(10).map(Event::shortened).toList());
    }
    Map<Object, Object> details = new LinkedHashMap<>(details());
    details.putAll(others);
    return details.isEmpty() ? event : event.with("details", details);
  }

  /** A text that fits into an event, whoever chose its length. */
  private static String shortened(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
  }

  private Map<?, ?> details() {
    return fields.get("details") instanceof Map<?, ?> details ? details : Map.of();
  }

  boolean has(String field) {
    return fields.containsKey(field);
  }

  String text(String field) {
    return String.valueOf(fields.get(field));
  }

  /** The event with the time of now, unless it says when it was. */
  Event dated() {
    return has("occurred_at") ? this : occurredAt(OffsetDateTime.now(ZoneOffset.UTC));
  }

  /** The event as JSON without its source_seq; see {@link #withSequence}. */
  byte[] encode(String stream) {
    Event event = this;
    if (!stream.equals(DEFAULT_STREAM)) {
      if (details().containsKey("stream")) {
        throw new IllegalArgumentException(
            "details must not have the key \"stream\", where the client writes its stream");
      }
      event = detail("stream", stream);
    }
    try {
      byte[] encoded = Json.write(event.fields);
      if (encoded.length > MAX_BYTES) {
        throw new IllegalArgumentException(
            "an event must have at most %d bytes of JSON, but has %d"
                .formatted(MAX_BYTES, encoded.length));
      }
      return encoded;
    } catch (IOException e) {
      throw new IllegalArgumentException("the event cannot be written as JSON", e);
    }
  }

  /** The event as it is sent. */
  static byte[] withSequence(byte[] encoded, long sequence) {
    byte[] first = ("{\"source_seq\":" + sequence + ",").getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[first.length + encoded.length - 1];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(encoded, 1, all, first.length, encoded.length - 1);
    return all;
  }
}
