package io.tallystick.forward.hec;

import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a sink says of every event, and how it has them acknowledged.
 *
 * @param json whether records are JSON
 * @param acknowledge whether to wait until Splunk says that they are indexed
 * @param patience how long to wait for that before they are sent again
 */
record HecOptions(
    String origin,
    String sink,
    boolean json,
    @Nullable String index,
    String source,
    String sourcetype,
    @Nullable String host,
    boolean acknowledge,
    Duration patience) {
  static HecOptions of(SinkSettings settings) throws SettingException {
    return new HecOptions(
        settings.origin(),
        settings.sink(),
        !settings.format().equals("cef"),
        settings.textOrNull("index"),
        settings.text("source", settings.origin()),
        settings.text("sourcetype", "tallystick:" + settings.format()),
        settings.textOrNull("host"),
        settings.flag("acknowledge", true),
        Duration.ofSeconds(settings.number("acknowledge_seconds", 300, 1, 3_600)));
  }
}
