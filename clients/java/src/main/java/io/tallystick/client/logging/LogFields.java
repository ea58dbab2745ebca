package io.tallystick.client.logging;

import io.tallystick.client.Event;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns what a logging library knows into an event. */
final class LogFields {
  /** The logger of the client's own warnings, which must not become events. */
  static final String OWN_LOGGER = "io.tallystick.client";

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
        Event.of(String.valueOf(type == null ? defaultType : type))
            .severity(severity)
            .occurredAt(time.atOffset(ZoneOffset.UTC));
    return (message == null ? event : event.withAll(Map.of("action", message))).withAll(pairs);
  }
}
