package io.tallystick.forward.net;

import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkSettings;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Set;

/**
 * Where a receiver is that speaks HTTP: entries and credentials do not cross a network in clear.
 */
public final class HttpAddress {
  /** The settings that it reads. */
  public static final Set<String> SETTINGS = Set.of("url", "insecure_http");

  private HttpAddress() {}

  /**
   * The address of {@code url}.
   *
   * @throws SettingException if it is none, or is plain http to another machine without {@code
   *     insecure_http: true}
   */
  public static URI of(SinkSettings settings) throws SettingException {
    URI url = settings.address("url", List.of("https", "http"));
    boolean insecure = settings.flag("insecure_http", false);
    if (url.getScheme().equals("http") && !insecure && !isLoopback(url.getHost())) {
      throw settings.wrong(
          "url",
          "is plain http to another machine, so entries would cross the network in the clear; use"
              + " https, or set insecure_http: true");
    }
    return url;
  }

  /** Whether a host of an address is this machine, by its name or number alone. */
  public static boolean isLoopback(String host) {
    try {
      return host.equals("localhost")
          || InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
