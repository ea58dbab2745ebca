package io.tallystick.ingest.config;

import io.tallystick.ingest.syslog.ClientCertificates;
import io.tallystick.ingest.syslog.SyslogConfig;
import io.tallystick.ingest.syslog.SyslogReceiver;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the file says of a port for syslog. */
final class SyslogEntry {
  private static final Pattern LISTEN =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([0-9.]+|localhost)):([0-9]{1,5})");

  private static final int MAX_PORT = 65_535;

  /** What a file says of senders' certificates. */
  private static final String CA_FILE = "client_ca_file";

  private static final String NAMES = "client_names";

  /** The keys that it has. */
  static final List<String> KEYS =
      List.of(
          "key",
          "listen",
          "transport",
          CA_FILE,
          NAMES,
          "max_connections",
          "max_connections_per_address",
          "max_message_bytes",
          "idle_seconds");

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
    SyslogConfig.Transport transport = transport(entry);
    return new SyslogReceiver(
        new SyslogConfig(
            entry.text("name"), listen(entry), transport, limits, clients(entry, transport)));
  }

  private static @Nullable ClientCertificates clients(
      IngestFile.Entry entry, SyslogConfig.Transport transport) throws InvalidIngestFileException {
    Path file = entry.optionalFile(CA_FILE);
    List<String> names = entry.texts(NAMES);
    if (file == null) {
      if (!names.isEmpty()) {
        throw entry.wrong(
            NAMES + " needs " + CA_FILE + ", the authorities that say whose the names are");
      }
      return null;
    }
    if (!transport.isEncrypted()) {
      throw entry.wrong(
          CA_FILE + " needs the transport tls or relp-tls: without TLS there are no certificates");
    }
    try {
      return new ClientCertificates(ClientCertificates.read(file), names);
    } catch (IOException e) {
      throw entry.wrong(CA_FILE + ": " + e.getMessage());
    }
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
    for (SyslogConfig.Transport transport : SyslogConfig.Transport.values()) {
      if (transport.toString().equals(text)) {
        return transport;
      }
    }
    throw entry.wrong(
        "transport must be tls, tcp, udp, relp or relp-tls, but was " + Quoted.of(text));
  }
}
