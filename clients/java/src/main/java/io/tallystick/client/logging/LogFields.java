package io.tallystick.client.logging;

import io.tallystick.client.Event;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns what a logging library knows into an event. */
final class LogFields {
  /** The logger of the client's own warnings, which must not become events. */
  static final String OWN_LOGGER = "io.tallystick.client";

  private static final Set<String> FIELDS =
      Set.of(
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

  private LogFields() {}

  /**
   * The event of a log record.
   *
   * @param defaultType the event type where {@code event_type} is not among the pairs
   * @return null if there is neither
   */
  static @Nullable Event event(
      @Nullable String defaultType,
      String severity,
      @Nullable String message,
      Instant time,
      Map<?, ?> pairs) {
    Object type = pairs.get("event_type");
    if (type == null && defaultType == null) {
      return null;
    }
    Event event =
        Event.of(shortened(String.valueOf(type == null ? defaultType : type)))
            .severity(severity)
            .action(message == null ? null : shortened(message))
            .occurredAt(time.atOffset(ZoneOffset.UTC));
    Map<String, Object> details = new LinkedHashMap<>();
    for (Map.Entry<?, ?> pair : pairs.entrySet()) {
      String name = String.valueOf(pair.getKey());
      Object value = pair.getValue();
      if (value == null || name.equals("event_type")) {
        continue;
      }
      if (!FIELDS.contains(name)) {
        details.put(name, value);
      } else if (name.equals("actor_id") && (value instanceof Long || value instanceof Integer)) {
        event = event.with(name, value);
      } else {
        event = event.with(name, shortened(String.valueOf(value)));
      }
    }
    return details.isEmpty() ? event : withDetails(event, details);
  }

  private static Event withDetails(Event event, Map<String, Object> details) {
    if (String.valueOf(details).length() <= MAX_DETAILS) {
      return event.with("details", details);
    }
    List<String> names = details.keySet().stream().limit(10).map(LogFields::shortened).toList();
    return event.detail("left_out", names);
  }

  private static String shortened(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
  }
}
