package io.tallystick.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happened. Immutable: each method returns an event with one more field. The server's
 * docs/http-api.md has the limit of each field.
 */
public final class Event {
  /** More than any entry can have, so that what is too long is the server's word. */
  static final int MAX_BYTES = 128 << 10;

  static final String DEFAULT_STREAM = "default";

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
