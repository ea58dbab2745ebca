package io.tallystick.forward.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
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

/**
 * OCSF {@value #VERSION}, one event class for each kind of entry; what OCSF has no place for stands
 * under {@code unmapped.tallystick}. Where a class requires a value that the entry does not have,
 * it is {@code Unknown}. Stateless.
 */
public final class OcsfFormat implements Format {
  static final String VERSION = "1.8.0";

  private static final String UNKNOWN = "Unknown";

  private static final int ACCOUNT_CHANGE = 3001;
  private static final int AUTHENTICATION = 3002;
  private static final int ENTITY_MANAGEMENT = 3004;
  private static final int USER_ACCESS = 3005;
  private static final int API_ACTIVITY = 6003;

  private static final int OTHER = 99;

  /** Where the details of a change of rights say which rights these are. */
  private static final List<String> PRIVILEGES =
      List.of("privileges", "permissions", "permission", "roles", "role", "level");

  private static final Map<String, Integer> SEVERITIES =
      Map.of("informational", 1, "low", 2, "medium", 3, "high", 4, "critical", 5, "fatal", 6);

  /**
   * The class and the activity of a kind of entry.
   *
   * @param classUid for instance 3002, Authentication
   * @param activity its number within the class; 99 is another one
   */
  record Kind(int classUid, int activity) {
    static Kind of(String type) {
      return switch (type) {
        case "auth.logout", "auth.session.expired" -> new Kind(AUTHENTICATION, 2);
        case "user.created" -> new Kind(ACCOUNT_CHANGE, 1);
        case "user.deleted" -> new Kind(ACCOUNT_CHANGE, 6);
        case "user.password.changed" -> new Kind(ACCOUNT_CHANGE, 3);
        case "user.updated" -> new Kind(ACCOUNT_CHANGE, OTHER);
        case "user.permission.changed", "user.level.changed" -> new Kind(USER_ACCESS, 1);
        default ->
            switch (EventType.of(type).category()) {
              case "api_key", "credential", "config", "provider", "quota" ->
                  new Kind(ENTITY_MANAGEMENT, management(type));
              default ->
                  type.startsWith("auth.login.")
                      ? new Kind(AUTHENTICATION, 1)
                      : new Kind(API_ACTIVITY, OTHER);
            };
      };
    }

    private static int management(String type) {
      return switch (type.substring(type.lastIndexOf('.') + 1)) {
        case "created", "configured" -> 1;
        case "used" -> 2;
        case "changed", "updated" -> 3;
        case "deleted", "revoked" -> 4;
        default -> OTHER;
      };
    }

    int category() {
      return classUid / 1_000;
    }

    int type() {
      return 100 * classUid + activity;
    }
  }

  private static final Places PLACES =
      new Places("metadata.sequence", "unmapped.tallystick.seq", "raw_data_hash.value", ".");

  @Override
  public String name() {
    return "ocsf";
  }

  @Override
  public byte[] format(Forwarded forwarded) {
    EntryView entry = forwarded.entry();
    Fields fields = new Fields(forwarded);
    Kind kind = Kind.of(entry.eventType());
    String outcome = fields.outcome();
    ObjectNode event = skeleton(kind, entry.eventType(), fields.occurred());
    event.put("severity_id", severity(entry));
    event.put("status_id", outcome.equals("success") ? 1 : outcome.equals("failure") ? 2 : 0);
    event.put("message", fields.description());
    ObjectNode metadata =
        metadata(event, forwarded.origin(), entry.id(), entry.eventType(), entry.timestamp());
    metadata.put("log_provider", entry.source());
    Json.text(metadata, "correlation_uid", entry.requestId());
    Json.text(metadata, "original_event_uid", entry.eventId());
    Json.text(metadata, "tenant_uid", entry.tenant());
    hash(event, fields.hash());
    Json.text(event, "raw_data", forwarded.original());
    people(event, kind, entry, fields);
    requestAndEndpoint(event, kind, entry);
    ObjectNode own = Json.object();
    target(event, own, kind, fields, entry);
    fields.own(own);
    event.putObject("unmapped").set("tallystick", own);
    return Json.bytes(event);
  }

  private static ObjectNode skeleton(Kind kind, String type, Instant time) {
    ObjectNode event = Json.object();
    event.put("category_uid", kind.category());
    event.put("class_uid", kind.classUid());
    event.put("activity_id", kind.activity());
    if (kind.activity() == OTHER) {
      event.put("activity_name", type);
    }
    event.put("type_uid", kind.type());
    event.put("time", time.toEpochMilli());
    return event;
  }

  private static int severity(EntryView entry) {
    String severity = entry.severity();
    return severity == null
        ? (EventType.isSecurity(entry.eventType()) ? 3 : 1)
        : SEVERITIES.getOrDefault(severity, 0);
  }

  private static ObjectNode metadata(
      ObjectNode event, String origin, long id, String type, Instant logged) {
    ObjectNode metadata = event.putObject("metadata");
    product(metadata);
    if (id > 0) {
      metadata.put("sequence", id);
      metadata.put("uid", Fields.uid(origin, id));
    }
    metadata.put("event_code", type);
    metadata.put("log_name", origin);
    metadata.put("logged_time", logged.toEpochMilli());
    metadata.put("original_time", EntryCodec.timestamp(logged));
    return metadata;
  }

  private static void product(ObjectNode metadata) {
    metadata.put("version", VERSION);
    metadata.putObject("product").put("name", "Tallystick").put("vendor_name", "Tallystick");
  }

  /** SHA-256 of a zero byte and the entry: not the plain SHA-256 that OCSF's number 3 is. */
  private static void hash(ObjectNode event, String hash) {
    event
        .putObject("raw_data_hash")
        .put("algorithm_id", OTHER)
        .put("algorithm", "RFC6962-SHA256")
        .put("value", hash);
  }

  private static void people(ObjectNode event, Kind kind, EntryView entry, Fields fields) {
    ObjectNode user = Json.object();
    Json.text(user, "uid", fields.actorId());
    Json.text(user, "name", entry.actorUsername());
    boolean known = !user.isEmpty();
    if (known) {
      Json.text(user, "type", entry.actorType());
    }
    ObjectNode actor = Json.object();
    if (known) {
      actor.set("user", user.deepCopy());
    }
    String session = entry.sessionId();
    if (session != null) {
      actor.putObject("session").put("uid", session);
    }
    if (actor.isEmpty() && kind.classUid() == API_ACTIVITY) {
      actor.put("app_name", entry.source());
    }
    if (!actor.isEmpty()) {
      event.set("actor", actor);
    }
    switch (kind.classUid()) {
      case ACCOUNT_CHANGE, USER_ACCESS -> event.set("user", named(targetUser(entry, user)));
      case AUTHENTICATION -> {
        event.set("user", named(user));
        event.putObject("service").put("name", entry.source());
      }
      default -> {}
    }
  }

  /** The user that something happens to: the target, or the actor where no target is named. */
  private static ObjectNode targetUser(EntryView entry, ObjectNode actor) {
    ObjectNode user = Json.object();
    Json.text(user, "uid", entry.targetId());
    Json.text(user, "name", entry.targetName());
    return user.isEmpty() ? actor : user;
  }

  private static ObjectNode named(ObjectNode user) {
    return user.isEmpty() ? user.put("name", UNKNOWN) : user;
  }

  private static void requestAndEndpoint(ObjectNode event, Kind kind, EntryView entry) {
    ObjectNode request = Json.object();
    Json.text(request, "user_agent", entry.userAgent());
    Json.text(request, "uid", entry.requestId());
    if (!request.isEmpty()) {
      event.set("http_request", request);
    }
    ObjectNode endpoint = Json.object();
    Json.text(endpoint, "ip", entry.actorIp());
    Json.text(endpoint, "hostname", entry.actorHost());
    if (endpoint.isEmpty() && kind.classUid() == API_ACTIVITY) {
      endpoint.put("name", UNKNOWN);
    }
    if (!endpoint.isEmpty()) {
      event.set("src_endpoint", endpoint);
    }
  }

  private static void target(
      ObjectNode event, ObjectNode own, Kind kind, Fields fields, EntryView entry) {
    ObjectNode target = Json.object();
    Json.text(target, "uid", entry.targetId());
    Json.text(target, "name", entry.targetName());
    boolean placed = false;
    switch (kind.classUid()) {
      case ENTITY_MANAGEMENT -> {
        if (target.isEmpty()) {
          target.put("name", EventType.of(entry.eventType()).category());
        }
        event.set("entity", target);
        placed = true;
      }
      case API_ACTIVITY -> {
        String action = fields.action();
        event.putObject("api").put("operation", action == null ? entry.eventType() : action);
        placed = !target.isEmpty();
        if (placed) {
          event.putArray("resources").add(target);
        }
      }
      case USER_ACCESS -> privileges(event.putArray("privileges"), Json.tree(fields.details()));
      default -> {}
    }
    if (placed) {
      Json.text(target, "type", entry.targetType());
    } else {
      Json.text(own, "target_type", entry.targetType());
      Json.text(own, "target_id", entry.targetId());
      Json.text(own, "target_name", entry.targetName());
    }
  }

  private static void privileges(ArrayNode privileges, JsonNode details) {
    for (String name : PRIVILEGES) {
      JsonNode value = details.path(name);
      if (value.isValueNode() && !value.isNull()) {
        privileges.add(value.asText());
      } else if (value.isArray()) {
        value.forEach(each -> privileges.add(each.isValueNode() ? each.asText() : each.toString()));
      }
    }
  }

  @Override
  public byte[] marker(Marker marker) {
    ObjectNode event = bare(Marker.EVENT_TYPE, marker.time(), marker.origin(), 0);
    Fields.own((ObjectNode) event.path("unmapped").path("tallystick"), marker);
    return Json.bytes(event);
  }

  @Override
  public byte[] reduced(Reduced entry) {
    ObjectNode event = bare(entry.eventType(), entry.timestamp(), entry.origin(), entry.id());
    hash(event, entry.hash());
    Fields.own((ObjectNode) event.path("unmapped").path("tallystick"), entry);
    return Json.bytes(event);
  }

  /**
   * An event that says nothing but that there is one.
   *
   * @param id of the entry; 0 for what is none
   */
  private static ObjectNode bare(String type, Instant time, String origin, long id) {
    ObjectNode event = skeleton(new Kind(API_ACTIVITY, OTHER), type, time);
    event.put("severity_id", 1);
    event.put("message", type);
    metadata(event, origin, id, type, time);
    event.putObject("actor").put("app_name", "Tallystick");
    event.putObject("api").put("operation", type);
    event.putObject("src_endpoint").put("name", UNKNOWN);
    event.putObject("unmapped").putObject("tallystick");
    return event;
  }

  @Override
  public Optional<Held> read(byte[] record) {
    return PLACES.read(record);
  }
}
