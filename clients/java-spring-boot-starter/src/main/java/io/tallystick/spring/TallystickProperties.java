package io.tallystick.spring;

import io.tallystick.client.ApiKey;
import io.tallystick.client.AuditClient;
import io.tallystick.client.Mode;
import io.tallystick.client.WhenFull;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How the application reaches its log.
 *
 * @param url the server: https, or http to this machine
 * @param apiKey the key that may append, needs audit.append; prefer api-key-file
 * @param apiKeyFile file with the key that may append; read before each request
 * @param mode when a call returns: sync (the event is in the log), spooled (it is on this machine's
 *     disk) or best-effort (at once; events can be dropped); there is no default
 * @param spoolDirectory where events wait in mode spooled: a directory on a local disk, of this
 *     process alone
 * @param maxSpoolSize how much may wait there; 1GB if not set
 * @param whenFull whether a call waits (block, the default) or fails (raise) when the spool is full
 * @param stream a name for this process, where several have one key
 * @param capacity how many events wait in memory in mode best-effort; 10000 if not set
 * @param timeout how long a call in mode sync tries; 30s if not set
 * @param allowHttp allows http to another machine, where anybody on the way can read the key
 * @param securityEvents whether logins, logouts and denied requests of Spring Security are recorded
 * @param readKey the key that may read, for Actuator's endpoint auditevents, needs admin.audit;
 *     prefer read-key-file
 * @param readKeyFile file with the key that may read
 */
@ConfigurationProperties("tallystick")
record TallystickProperties(
    @Nullable String url,
    @Nullable String apiKey,
    @Nullable String apiKeyFile,
    @Nullable Mode mode,
    @Nullable String spoolDirectory,
    @Nullable DataSize maxSpoolSize,
    @Nullable WhenFull whenFull,
    @Nullable String stream,
    @Nullable Integer capacity,
    @Nullable Duration timeout,
    @DefaultValue("false") boolean allowHttp,
    @DefaultValue("true") boolean securityEvents,
    @Nullable String readKey,
    @Nullable String readKeyFile) {

  /** The client that appends; it closes with the application. */
  AuditClient appender() throws IOException {
    if (mode == null) {
      throw new WrongPropertyException(
          "tallystick.mode is not set, and there is no default: the modes promise different things.",
          "Set tallystick.mode to sync (a call returns when the event is in the log), spooled (when"
              + " it is on this machine's disk) or best-effort (at once; events can be dropped).");
    }
    ApiKey key = key(apiKey, apiKeyFile, "api-key");
    if (key == null) {
      throw new WrongPropertyException(
          "tallystick.api-key-file is not set.",
          "Set it to a file with the key that \"tally keys create NAME --permission audit.append\""
              + " printed.");
    }
    if ((spoolDirectory != null) != (mode == Mode.SPOOLED)) {
      throw new WrongPropertyException(
          "tallystick.spool-directory must be set in mode spooled, and only there; the mode is "
              + mode
              + ".",
          "Set it to a directory on a local disk that only this process uses, or leave it out.");
    }
    AuditClient.Builder client = builder(key).mode(mode).closeOnExit(false);
    if (spoolDirectory != null) {
      client.spool(Path.of(spoolDirectory));
    }
    if (maxSpoolSize != null) {
      client.maxSpoolBytes(maxSpoolSize.toBytes());
    }
    if (whenFull != null) {
      client.whenFull(whenFull);
    }
    if (stream != null) {
      client.stream(stream);
    }
    if (capacity != null) {
      client.capacity(capacity);
    }
    if (timeout != null) {
      client.timeout(timeout);
    }
    return client.build();
  }

  /** The client that reads, if there is a key for it. */
  @Nullable AuditClient reader() throws IOException {
    ApiKey key = key(readKey, readKeyFile, "read-key");
    return key == null ? null : builder(key).mode(Mode.SYNC).build();
  }

  private AuditClient.Builder builder(ApiKey key) {
    if (url == null) {
      throw new WrongPropertyException(
          "tallystick.url is not set.", "Set it to the server, such as https://audit.example.com.");
    }
    return AuditClient.builder().url(url).key(key).allowHttp(allowHttp);
  }

  private static @Nullable ApiKey key(
      @Nullable String key, @Nullable String file, String property) {
    if (key != null && file != null) {
      throw new WrongPropertyException(
          "tallystick." + property + " and tallystick." + property + "-file are both set.",
          "Leave one of them out.");
    }
    if (file != null) {
      return ApiKey.fromFile(Path.of(file));
    }
    return key == null ? null : () -> key;
  }

  /** Says nothing of the keys. */
  @Override
  public String toString() {
    return "TallystickProperties[url=" + url + ", mode=" + mode + "]";
  }
}
