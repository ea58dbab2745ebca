package io.tallystick.forward.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.ActorId;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.service.answer.EntryView;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the formats say of an entry in the same words. Immutable. */
final class Fields {
  /** In the year 2262. */
  private static final Instant LAST_IN_NANOS = Instant.ofEpochSecond(0, Long.MAX_VALUE);

  private final Forwarded forwarded;
  private final EntryView entry;

  Fields(Forwarded forwarded) {
    this.forwarded = forwarded;
    this.entry = forwarded.entry();
  }

  String hash() {
    return entry.hash().toString();
  }

  /** One name for the entry among those of all logs. */
  String uid() {
    return uid(forwarded.origin(), entry.id());
  }

  static String uid(String origin, long id) {
    return origin + "#" + id;
  }

  /** The number that a text is; 0 if it is none. */
  static long number(@Nullable String text) {
    return text != null && text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
  }

  /** When the log recorded it, with nine fractional digits. */
  String timestamp() {
    return EntryCodec.timestamp(entry.timestamp());
  }

  /** When it happened: when it was recorded, unless the event says something else. */
  Instant occurred() {
    String occurred = entry.occurredAt();
    Instant instant =
        occurred == null
            ? null
            : Event.builder("any").occurredAt(occurred).build().occurredInstant();
    return instant == null ? entry.timestamp() : instant;
  }

  /** The same, unless nanoseconds since 1970 in 64 bits can't say it. */
  Instant occurredInNanos() {
    Instant occurred = occurred();
    return occurred.isBefore(Instant.EPOCH) || occurred.isAfter(LAST_IN_NANOS)
        ? entry.timestamp()
        : occurred;
  }

  @Nullable String actorId() {
    ActorId id = entry.actorId();
    return id == null ? null : id.text();
  }

  /** What the client called the action; {@code null} if it did not say. */
  @Nullable String action() {
    return entry.action().equals(entry.eventType()) || entry.action().isEmpty()
        ? null
        : entry.action();
  }

  /** The action, or what the type says in words. */
  String description() {
    String action = action();
    String words = EventType.of(entry.eventType()).description();
    return action != null ? action : words.isEmpty() ? entry.eventType() : words;
  }

  /** {@code success}, {@code failure} or {@code unknown}; two types of events say it themselves. */
  String outcome() {
    String outcome = entry.outcome();
    if (outcome != null) {
      return outcome;
    }
    return switch (entry.eventType()) {
      case "auth.login.success" -> "success";
      case "auth.login.failed" -> "failure";
      default -> "unknown";
    };
  }

  /** The names of the values that were left out; {@code null} if there are none. */
  @Nullable List<String> redacted() {
    return forwarded.redacted().isEmpty() ? null : forwarded.redacted();
  }

  /** Canonical JSON; {@code null} if there are none. */
  @Nullable String details() {
    return entry.details() == null ? null : entry.details().toString();
  }

  /** Puts into Tallystick's own object what a schema has no place for, the details last. */
  void own(ObjectNode own) {
    own.put("origin", forwarded.origin());
    own.put("sink", forwarded.sink());
    own.put("seq", forwarded.seq());
    own.put("timestamp", timestamp());
    Json.text(own, "occurred_at", entry.occurredAt());
    Json.text(own, "trace_id", entry.traceId());
    if (entry.sourceSeq() != null) {
      own.put("source_seq", entry.sourceSeq());
    }
    names(own, "altered", entry.altered());
    names(own, "personal", entry.personal() == null ? null : entry.personal().keySet());
    names(own, "erased", entry.erased() == null ? null : entry.erased().keySet());
    names(own, "redacted", redacted());
    Json.raw(own, "details", details());
  }

  private static void names(ObjectNode own, String name, @Nullable Iterable<String> names) {
    if (names != null) {
      ArrayNode array = own.putArray(name);
      names.forEach(array::add);
    }
  }

  /** The same object for an entry of which not all could be sent. */
  static void own(ObjectNode own, Reduced entry) {
    own.put("origin", entry.origin());
    own.put("sink", entry.sink());
    own.put("seq", entry.seq());
    own.put("timestamp", EntryCodec.timestamp(entry.timestamp()));
    own.put("truncated", entry.truncated());
    own.put("bytes", entry.bytes());
    Json.text(own, "raw", entry.raw());
  }

  /** The same object for a marker. */
  static void own(ObjectNode own, Marker marker) {
    own.put("origin", marker.origin());
    own.put("sink", marker.sink());
    ObjectNode object = own.putObject("marker");
    object.put("number", marker.number());
    object.put("through_id", marker.throughId());
    object.put("through_seq", marker.throughSeq());
    object.put("count", marker.count());
    object.put("root", marker.root().toString());
    object.put("previous", marker.previous().toString());
    object.put("hash", marker.hash().toString());
    Json.text(object, "checkpoint", marker.checkpoint());
  }
}
