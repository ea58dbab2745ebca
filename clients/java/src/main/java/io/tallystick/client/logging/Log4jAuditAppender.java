package io.tallystick.client.logging;

import io.tallystick.client.Event;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.Core;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.config.plugins.Plugin;
import org.apache.logging.log4j.core.config.plugins.PluginBuilderAttribute;
import org.apache.logging.log4j.core.config.plugins.PluginBuilderFactory;
import org.apache.logging.log4j.message.MapMessage;
import org.apache.logging.log4j.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * A target of Log4j 2. The message is the event's action. Values of the {@code ThreadContext} and
 * of a {@code MapMessage} that are named as fields of an event, such as {@code actor_id}, become
 * these fields; others are in the details. Of a {@code MapMessage}, the value {@code message} is
 * the action.
 *
 * <pre>{@code
 * <Audit name="AUDIT" url="https://audit.example.com" keyFile="/etc/shop/audit.key"
 *        mode="spooled" spool="/var/lib/shop/audit" eventType="shop.message">
 *   <MarkerFilter marker="AUDIT" onMatch="ACCEPT" onMismatch="DENY"/>
 * </Audit>
 * }</pre>
 *
 * <p>With {@code ignoreExceptions="false"}, an event that cannot be recorded is an exception where
 * it was logged.
 */
@Plugin(
    name = "Audit",
    category = Core.CATEGORY_NAME,
    elementType = Appender.ELEMENT_TYPE,
    printObject = true)
public final class Log4jAuditAppender extends AbstractAppender {
  private final Log4jClient client;
  private final @Nullable String eventType;

  private Log4jAuditAppender(Builder options, Log4jClient client) {
    super(
        options.getName(),
        options.getFilter(),
        null,
        options.isIgnoreExceptions(),
        Property.EMPTY_ARRAY);
    this.client = client;
    this.eventType = options.eventType;
  }

  /** What the configuration's element says. */
  @PluginBuilderFactory
  public static Builder newBuilder() {
    return new Builder();
  }

  @Override
  public void append(LogEvent logged) {
    String logger = String.valueOf(logged.getLoggerName());
    if (logger.startsWith(LogFields.OWN_LOGGER)) {
      return;
    }
    Message message = logged.getMessage();
    Map<String, Object> pairs = new LinkedHashMap<>();
    pairs.put("logger", logger);
    pairs.putAll(logged.getContextData().toMap());
    String action;
    if (message instanceof MapMessage<?, ?> map) {
      pairs.putAll(map.getData());
      Object text = pairs.remove("message");
      action = text == null ? null : text.toString();
    } else {
      action = message.getFormattedMessage();
    }
    if (logged.getThrown() != null) {
      pairs.put("exception", logged.getThrown().toString());
    }
    var instant = logged.getInstant();
    Instant time = Instant.ofEpochSecond(instant.getEpochSecond(), instant.getNanoOfSecond());
    Event event = LogFields.event(eventType, severity(logged.getLevel()), action, time, pairs);
    if (event != null) {
      client.get().append(event);
    }
  }

  private static String severity(Level level) {
    if (level.isMoreSpecificThan(Level.FATAL)) {
      return "critical";
    }
    if (level.isMoreSpecificThan(Level.ERROR)) {
      return "high";
    }
    return level.isMoreSpecificThan(Level.WARN) ? "medium" : "informational";
  }

  @Override
  public boolean stop(long timeout, TimeUnit unit) {
    setStopping();
    boolean stopped = super.stop(timeout, unit, false) && client.stop(timeout, unit);
    setStopped();
    return stopped;
  }

  /** Makes the appender, for Log4j. */
  public static final class Builder extends AbstractAppender.Builder<Builder>
      implements org.apache.logging.log4j.core.util.Builder<Log4jAuditAppender> {
    @PluginBuilderAttribute private @Nullable String url;
    @PluginBuilderAttribute private @Nullable String keyFile;
    @PluginBuilderAttribute private @Nullable String keyEnv;
    @PluginBuilderAttribute private @Nullable String mode;
    @PluginBuilderAttribute private @Nullable String stream;
    @PluginBuilderAttribute private @Nullable String spool;
    @PluginBuilderAttribute private @Nullable String eventType;

    private Builder() {}

    public Builder setUrl(String url) {
      this.url = url;
      return this;
    }

    /** The file with the API key. */
    public Builder setKeyFile(String file) {
      this.keyFile = file;
      return this;
    }

    /** The environment variable with the API key. */
    public Builder setKeyEnv(String variable) {
      this.keyEnv = variable;
      return this;
    }

    /** {@code sync}, {@code spooled} or {@code best_effort}. */
    public Builder setMode(String mode) {
      this.mode = mode;
      return this;
    }

    public Builder setStream(String stream) {
      this.stream = stream;
      return this;
    }

    public Builder setSpool(String directory) {
      this.spool = directory;
      return this;
    }

    /** The type of events without {@code event_type}; if not set, these are not recorded. */
    public Builder setEventType(String type) {
      this.eventType = type;
      return this;
    }

    /** Null if an option is wrong; Log4j's own log says why. */
    @Override
    public @Nullable Log4jAuditAppender build() {
      Log4jClient client =
          Log4jClient.of(new Log4jClient.Options(url, keyFile, keyEnv, mode, stream, spool));
      return client == null ? null : new Log4jAuditAppender(this, client);
    }
  }
}
