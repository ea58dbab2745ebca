package io.tallystick.client.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import io.tallystick.client.ApiKey;
import io.tallystick.client.AuditClient;
import io.tallystick.client.Event;
import io.tallystick.client.Mode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * A target of Logback. The message is the event's action. SLF4J's key-values that are named as
 * fields of an event, such as {@code actor_id}, become these fields; others, and the MDC, are in
 * the details.
 *
 * <pre>{@code
 * <appender name="AUDIT" class="io.tallystick.client.logging.AuditAppender">
 *   <url>https://audit.example.com</url>
 *   <keyFile>/etc/shop/audit.key</keyFile>
 *   <mode>spooled</mode>
 *   <spool>/var/lib/shop/audit</spool>
 *   <eventType>shop.message</eventType>
 * </appender>
 * }</pre>
 */
public final class AuditAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
  private final AuditClient.Builder options = AuditClient.builder();
  private @Nullable String eventType;
  private @Nullable AuditClient client;

  public void setUrl(String url) {
    options.url(url);
  }

  /** The file with the API key. */
  public void setKeyFile(String file) {
    options.key(ApiKey.fromFile(Path.of(file)));
  }

  /** The environment variable with the API key. */
  public void setKeyEnv(String variable) {
    options.key(ApiKey.fromEnv(variable));
  }

  /** {@code sync}, {@code spooled} or {@code best_effort}. */
  public void setMode(String mode) {
    options.mode(Mode.of(mode));
  }

  public void setStream(String stream) {
    options.stream(stream);
  }

  public void setSpool(String directory) {
    options.spool(Path.of(directory));
  }

  /** The type of events without the key-value event_type; if not set, these are not recorded. */
  public void setEventType(String type) {
    this.eventType = type;
  }

  @Override
  public void start() {
    try {
      client = options.build();
      super.start();
    } catch (IOException | IllegalArgumentException e) {
      addError("no audit event will be recorded: " + e.getMessage(), e);
    }
  }

  @Override
  public void stop() {
    super.stop();
    if (client != null) {
      client.close();
    }
  }

  @Override
  protected void append(ILoggingEvent logged) {
    if (client == null || logged.getLoggerName().startsWith(LogFields.OWN_LOGGER)) {
      return;
    }
    try {
      Event event =
          LogFields.event(
              eventType,
              severity(logged.getLevel()),
              logged.getFormattedMessage(),
              logged.getInstant(),
              pairs(logged));
      if (event != null) {
        client.append(event);
      }
    } catch (RuntimeException e) {
      addError("an audit event could not be recorded: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> pairs(ILoggingEvent logged) {
    Map<String, Object> pairs = new LinkedHashMap<>();
    pairs.put("logger", logged.getLoggerName());
    pairs.putAll(logged.getMDCPropertyMap());
    List<KeyValuePair> keyValues = logged.getKeyValuePairs();
    if (keyValues != null) {
      keyValues.forEach(pair -> pairs.put(pair.key, String.valueOf(pair.value)));
      keyValues.stream()
          .filter(pair -> pair.value instanceof Number || pair.value instanceof Boolean)
          .forEach(pair -> pairs.put(pair.key, pair.value));
    }
    if (logged.getThrowableProxy() != null) {
      pairs.put(
          "exception",
          logged.getThrowableProxy().getClassName()
              + ": "
              + logged.getThrowableProxy().getMessage());
    }
    return pairs;
  }

  private static String severity(Level level) {
    if (level.isGreaterOrEqual(Level.ERROR)) {
      return "high";
    }
    return level.isGreaterOrEqual(Level.WARN) ? "medium" : "informational";
  }
}
