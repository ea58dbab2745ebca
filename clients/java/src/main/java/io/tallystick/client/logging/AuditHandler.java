package io.tallystick.client.logging;

import io.tallystick.client.AuditClient;
import io.tallystick.client.Event;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * A target of {@code java.util.logging}. The message is the event's action. A map among the
 * record's parameters gives fields of the event by their names in JSON, such as {@code actor_id};
 * what is no field is in the details.
 */
public final class AuditHandler extends Handler {
  private static final Duration FLUSH = Duration.ofSeconds(5);

  private final AuditClient client;
  private final @Nullable String eventType;
  private final SimpleFormatter formatter = new SimpleFormatter();

  /**
   * A handler that appends to the client, which it does not close.
   *
   * @param eventType of records without {@code event_type} among their fields; {@code null}: these
   *     are not recorded
   */
  public AuditHandler(AuditClient client, @Nullable String eventType) {
    this.client = client;
    this.eventType = eventType;
  }

  @Override
  public void publish(@Nullable LogRecord record) {
    if (record == null
        || !isLoggable(record)
        || String.valueOf(record.getLoggerName()).startsWith(LogFields.OWN_LOGGER)) {
      return;
    }
    try {
      Event event =
          LogFields.event(
              eventType,
              severity(record.getLevel()),
              formatter.formatMessage(record),
              record.getInstant(),
              pairs(record));
      if (event != null) {
        client.append(event);
      }
    } catch (RuntimeException e) {
      reportError("an audit event could not be recorded", e, ErrorManager.WRITE_FAILURE);
    }
  }

  private static Map<Object, Object> pairs(LogRecord record) {
    Map<Object, Object> pairs = new LinkedHashMap<>();
    pairs.put("logger", String.valueOf(record.getLoggerName()));
    Throwable thrown = record.getThrown();
    if (thrown != null) {
      pairs.put("exception", thrown.toString());
    }
    Object[] parameters = record.getParameters();
    if (parameters != null) {
      for (Object parameter : parameters) {
        if (parameter instanceof Map<?, ?> fields) {
          pairs.putAll(fields);
        }
      }
    }
    return pairs;
  }

  private static String severity(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "high";
    }
    return level.intValue() >= Level.WARNING.intValue() ? "medium" : "informational";
  }

  @Override
  public void flush() {
    client.flush(FLUSH);
  }

  @Override
  public void close() {
    flush();
  }
}
