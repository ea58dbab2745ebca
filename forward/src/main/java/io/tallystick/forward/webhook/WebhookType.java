package io.tallystick.forward.webhook;

import io.tallystick.forward.net.HttpAddress;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** {@code type: webhook}: signed POSTs, see {@link WebhookSink}. */
public final class WebhookType implements SinkType {
  private static final String SECRETS = "secrets";
  private static final String TIMEOUT = "timeout_seconds";
  private static final int BATCH = 100;

  @Override
  public String name() {
    return "webhook";
  }

  @Override
  public Set<String> settings() {
    Set<String> all = new HashSet<>(HttpAddress.SETTINGS);
    all.addAll(List.of(SECRETS, TIMEOUT));
    return Set.copyOf(all);
  }

  @Override
  public int batch() {
    return BATCH;
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    var _ = HttpAddress.of(settings);
    var _ = timeout(settings);
    var _ = keys(settings);
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    return new WebhookSink(
        settings.origin() + "\n" + settings.sink(),
        HttpAddress.of(settings),
        keys(settings),
        timeout(settings));
  }

  private static Duration timeout(SinkSettings settings) throws SettingException {
    return Duration.ofSeconds(settings.number(TIMEOUT, 30, 1, 600));
  }

  private static WebhookKeys keys(SinkSettings settings) throws IOException {
    List<String> secrets = settings.secrets(SECRETS);
    if (secrets.isEmpty()) {
      throw settings.wrong(SECRETS, "must name a file with a secret, or several");
    }
    try {
      return WebhookKeys.parse(secrets);
    } catch (IllegalArgumentException e) {
      throw settings.wrong(SECRETS, String.valueOf(e.getMessage()));
    }
  }
}
