package io.tallystick.client.logging;

import io.tallystick.client.ApiKey;
import io.tallystick.client.AuditClient;
import io.tallystick.client.Mode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.core.appender.AbstractManager;
import org.jspecify.annotations.Nullable;

/**
 * The client of Log4j's appenders. When Log4j reads its configuration again, it starts the new
 * appenders before it stops the old ones: they have one client, since a spool can be open only
 * once.
 */
final class Log4jClient extends AbstractManager {
  /** What the configuration says. */
  record Options(
      @Nullable String url,
      @Nullable String keyFile,
      @Nullable String keyEnv,
      @Nullable String mode,
      @Nullable String stream,
      @Nullable String spool) {}

  private final AuditClient client;
  private final Options options;

  private Log4jClient(String name, Options options) throws IOException {
    super(null, name);
    this.options = options;
    this.client = open(options);
  }

  /** The one with these options or, at least, this spool; null, and Log4j's log says why. */
  static @Nullable Log4jClient of(Options options) {
    String name = "tallystick " + (options.spool == null ? options : Path.of(options.spool));
    try {
      return getManager(name, Log4jClient::make, options);
    } catch (IllegalStateException e) {
      // The factory has said why.
      return null;
    }
  }

  private static @Nullable Log4jClient make(String name, Options options) {
    try {
      return new Log4jClient(name, options);
    } catch (IOException | IllegalArgumentException e) {
      LOGGER.error("no audit event will be recorded: {}", e.getMessage(), e);
      return null;
    }
  }

  private static AuditClient open(Options options) throws IOException {
    AuditClient.Builder client = AuditClient.builder();
    if (options.url != null) {
      client.url(options.url);
    }
    if (options.keyFile != null) {
      client.key(ApiKey.fromFile(Path.of(options.keyFile)));
    }
    if (options.keyEnv != null) {
      client.key(ApiKey.fromEnv(options.keyEnv));
    }
    if (options.mode != null) {
      client.mode(Mode.of(options.mode));
    }
    if (options.stream != null) {
      client.stream(options.stream);
    }
    if (options.spool != null) {
      client.spool(Path.of(options.spool));
    }
    return client.build();
  }

  AuditClient get() {
    return client;
  }

  @Override
  public void updateData(@Nullable Object wanted) {
    if (!options.equals(wanted)) {
      LOGGER.warn(
          "{} goes on with the options that it was opened with; restart the application to use"
              + " others",
          getName());
    }
  }

  /** Without a time, which is Log4j's default, it has five seconds to send what is left. */
  @Override
  protected boolean releaseSub(long timeout, TimeUnit unit) {
    if (timeout > 0) {
      return client.close(Duration.of(timeout, unit.toChronoUnit())) == 0;
    }
    client.close();
    return true;
  }
}
