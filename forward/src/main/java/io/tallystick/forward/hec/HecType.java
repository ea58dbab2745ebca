package io.tallystick.forward.hec;

import io.tallystick.forward.net.HttpReceiver;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import java.io.IOException;
import java.util.Set;

/**
 * Splunk, by its HTTP Event Collector, with indexer acknowledgement unless {@code acknowledge} is
 * {@code false}.
 */
public final class HecType implements SinkType {
  @Override
  public String name() {
    return "hec";
  }

  @Override
  public Set<String> settings() {
    return HttpReceiver.settings(
        "index", "source", "sourcetype", "host", "acknowledge", "acknowledge_seconds");
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    HttpReceiver.check(settings);
    if (!settings.has("token_file")) {
      throw settings.wrong("token_file", "is missing; it names the file with the token of Splunk");
    }
    HecOptions.of(settings);
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    check(settings);
    return new HecSink(new HttpReceiver(settings, "Splunk"), HecOptions.of(settings));
  }
}
