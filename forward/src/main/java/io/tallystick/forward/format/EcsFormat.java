package io.tallystick.forward.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EventType;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Places;
import io.tallystick.service.answer.EntryView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Elastic Common Schema {@value #VERSION}; what it has no field for stands under {@code
 * tallystick}. Stateless.
 */
public final class EcsFormat implements Format {
  static final String VERSION = "9.4.0";

  /** The larger the more severe; ECS leaves the scale to the source. */
  private static final Map<String, Integer> SEVERITIES =
      Map.of("informational", 1, "low", 2, "medium", 3, "high", 4, "critical", 5, "fatal", 6);

  /**
   * The two of the categorisation fields that depend on the type.
   *
   * @param category of ECS; empty where none fits
   */
  private record Kind(List<String> category, List<String> type) {
    static Kind of(String type) {
      String last = type.substring(type.lastIndexOf('.') + 1);
      return switch (EventType.of(type).category()) {
        case "auth" -> new Kind(List.of("authentication"), List.of(session(type)));
        case "user" -> new Kind(List.of("iam"), List.of("user", change(last, "change")));
        case "api_key", "credential" -> new Kind(List.of("iam"), List.of(change(last, "info")));
        case "config", "provider", "quota" ->
            new Kind(List.of("configuration"), List.of(change(last, "info")));
        case "security" ->
            new Kind(
                List.of("intrusion_detection"),
                List.of(last.equals("suspicious") ? "info" : "denied"));
        default -> new Kind(List.of(), List.of("info"));
      };
    }

    private static String session(String type) {
      if (type.startsWith("auth.login.")) {
        return "start";
      }
      return type.equals("auth.logout") || type.equals("auth.session.expired") ? "end" : "info";
    }

    private static String change(String last, String otherwise) {
      return switch (last) {
        case "created", "configured" -> "creation";
        case "deleted", "revoked" -> "deletion";
        case "changed", "updated" -> "change";
        default -> otherwise;
      };
    }
  }

  private static final Places PLACES =
      new Places("event.sequence", "tallystick.seq", "event.hash", ".");

  @Override
  public String name() {
    return "ecs";
  }

  @Override
  public byte[] format(Forwarded forwarded) {
    EntryView entry = forwarded.entry();
    Fields fields = new Fields(forwarded);
    ObjectNode document = document(fields.occurredInNanos(), forwarded.origin());
    document.put("message", fields.description());
    ObjectNode event =
        event(document, forwarded.origin(), entry.id(), fields.hash(), entry.eventType());
    event.put("outcome", fields.outcome());
    event.put("provider", entry.source());
    event.put("created", fields.timestamp());
    Json.text(event, "action", fields.action());
    Json.text(event, "original", forwarded.original());
    Integer severity = entry.severity() == null ? null : SEVERITIES.get(entry.severity());
    if (severity != null) {
      event.put("severity", severity);
    }
    actor(document, entry, fields);
    target(document, entry);
    child(document, "trace", "id", entry.traceId());
    child(document, "organization", "id", entry.tenant());
    ObjectNode own = document.putObject("tallystick");
    Json.text(own, "actor_type", entry.actorType());
    Json.text(own, "session_id", entry.sessionId());
    Json.text(own, "event_id", entry.eventId());
    fields.own(own);
    return Json.bytes(document);
  }

  private static ObjectNode document(Instant time, String origin) {
    ObjectNode document = Json.object();
    document.put("@timestamp", EntryCodec.timestamp(time));
    document.putObject("ecs").put("version", VERSION);
    document
        .putObject("observer")
        .put("vendor", "Tallystick")
        .put("product", "Tallystick")
        .put("type", "audit-log")
        .put("serial_number", origin);
    return document;
  }

  private static ObjectNode event(
      ObjectNode document, String origin, long id, String hash, String type) {
    Kind kind = Kind.of(type);
    ObjectNode event = document.putObject("event");
    event.put("kind", "event");
    if (!kind.category().isEmpty()) {
      kind.category().forEach(event.putArray("category")::add);
    }
    kind.type().forEach(event.putArray("type")::add);
    event.put("module", "tallystick");
    event.put("dataset", "tallystick.audit");
    event.put("id", Fields.uid(origin, id));
    event.put("sequence", id);
    event.put("hash", hash);
    event.put("code", type);
    return event;
  }

  private static void actor(ObjectNode document, EntryView entry, Fields fields) {
    String name = entry.actorUsername();
    child(document, "user", "id", fields.actorId());
    child(document, "user", "name", name);
    String address = entry.actorIp();
    String host = entry.actorHost();
    child(document, "source", "ip", address);
    child(document, "source", "address", address == null ? host : address);
    child(document, "source", "domain", host);
    child(document, "user_agent", "original", entry.userAgent());
    String request = entry.requestId();
    if (request != null) {
      document.putObject("http").putObject("request").put("id", request);
    }
    if (name != null) {
      document.withObject("/related").putArray("user").add(name);
    }
    if (address != null) {
      document.withObject("/related").putArray("ip").add(address);
    }
  }

  private static void target(ObjectNode document, EntryView entry) {
    String type = entry.targetType();
    String id = entry.targetId();
    String name = entry.targetName();
    child(document, "entity", "id", id);
    child(document, "entity", "name", name);
    // entity.type is one of ECS's own words, sub_type is free.
    child(document, "entity", "sub_type", type);
    if ("user".equals(type) && (id != null || name != null)) {
      ObjectNode target = document.withObject("/user").putObject("target");
      Json.text(target, "id", id);
      Json.text(target, "name", name);
    }
  }

  private static void child(
      ObjectNode document, String object, String name, @Nullable String text) {
    if (text != null) {
      document.withObject("/" + object).put(name, text);
    }
  }

  @Override
  public byte[] marker(Marker marker) {
    ObjectNode document = document(marker.time(), marker.origin());
    document.put("message", Marker.EVENT_TYPE);
    document
        .putObject("event")
        .put("kind", "metric")
        .put("module", "tallystick")
        .put("dataset", "tallystick.forward")
        .put("code", Marker.EVENT_TYPE);
    Fields.own(document.putObject("tallystick"), marker);
    return Json.bytes(document);
  }

  @Override
  public byte[] reduced(Reduced entry) {
    ObjectNode document = document(entry.timestamp(), entry.origin());
    document.put("message", entry.eventType());
    event(document, entry.origin(), entry.id(), entry.hash(), entry.eventType())
        .put("created", EntryCodec.timestamp(entry.timestamp()));
    Fields.own(document.putObject("tallystick"), entry);
    return Json.bytes(document);
  }

  @Override
  public Optional<Held> read(byte[] record) {
    return PLACES.read(record);
  }
}
