package io.tallystick.forward.webhook;

import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** {@code type: webhook}: signed POSTs, see {@link WebhookSink}. */
public final class WebhookType implements SinkType {
  private static final String URL = "url";
  private static final String SECRETS = "secrets";
  private static final String TIMEOUT = "timeout_seconds";
  private static final String INSECURE = "insecure_http";
  private static final int BATCH = 100;

  @Override
  public String name() {
    return "webhook";
  }

  @Override
  public Set<String> settings() {
    return Set.of(URL, SECRETS, TIMEOUT, INSECURE);
  }

  @Override
  public int batch() {
    return BATCH;
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    var _ = url(settings);
    var _ = timeout(settings);
    var _ = keys(settings);
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    return new WebhookSink(
        settings.origin() + "\n" + settings.sink(),
        url(settings),
        keys(settings),
        timeout(settings));
  }

  private static URI url(SinkSettings settings) throws SettingException {
    URI url = settings.address(URL, List.of("https", "http"));
    if (url.getScheme().equals("http")
        && !settings.flag(INSECURE, false)
        && !isLoopback(url.getHost())) {
      throw settings.wrong(
          URL,
          "is plain http to another machine, so entries would cross the network in the clear; use"
              + " https, or set insecure_http: true");
    }
    return url;
  }

  private static boolean isLoopback(String host) {
    try {
      return host.equals("localhost")
          || InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
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
