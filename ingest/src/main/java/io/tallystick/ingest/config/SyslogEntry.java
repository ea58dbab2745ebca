package io.tallystick.ingest.config;

import io.tallystick.ingest.syslog.SyslogConfig;
import io.tallystick.ingest.syslog.SyslogReceiver;
import io.tallystick.tlog.Quoted;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the file says of a port for syslog. */
final class SyslogEntry {
  private static final Pattern LISTEN =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([0-9.]+|localhost)):([0-9]{1,5})");

  private static final int MAX_PORT = 65_535;

  private SyslogEntry() {}

  static SyslogReceiver receiver(IngestFile.Entry entry) throws InvalidIngestFileException {
    SyslogConfig.Limits defaults = SyslogConfig.Limits.defaults();
    int idleSeconds = (int) defaults.idle().toSeconds();
    SyslogConfig.Limits limits =
        new SyslogConfig.Limits(
            entry.number("max_connections", defaults.connections(), 1, 100_000),
            entry.number(
                "max_connections_per_address", defaults.connectionsOfAddress(), 1, 100_000),
            entry.number("max_message_bytes", defaults.messageBytes(), 480, 1 << 20),
            Duration.ofSeconds(entry.number("idle_seconds", idleSeconds, 1, 1_000_000)));
    return new SyslogReceiver(
        new SyslogConfig(entry.text("name"), listen(entry), transport(entry), limits));
  }

  private static InetSocketAddress listen(IngestFile.Entry entry)
      throws InvalidIngestFileException {
    String text = entry.text("listen");
    Matcher address = LISTEN.matcher(text);
    if (address.matches() && Integer.parseInt(address.group(3)) <= MAX_PORT) {
      String host = address.group(1) == null ? address.group(2) : address.group(1);
      InetSocketAddress listen = new InetSocketAddress(host, Integer.parseInt(address.group(3)));
      if (!listen.isUnresolved()) {
        return listen;
      }
    }
    throw entry.wrong(
        "listen must be an IP address and a port, like 0.0.0.0:6514 or [::]:6514, but was "
            + Quoted.of(text));
  }

  private static SyslogConfig.Transport transport(IngestFile.Entry entry)
      throws InvalidIngestFileException {
    String text = entry.text("transport");
    return switch (text) {
      case "tls", "tcp", "udp" -> SyslogConfig.Transport.valueOf(text.toUpperCase(Locale.ROOT));
      default -> throw entry.wrong("transport must be tls, tcp or udp, but was " + Quoted.of(text));
    };
  }
}
