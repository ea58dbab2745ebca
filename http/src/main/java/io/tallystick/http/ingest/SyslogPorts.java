package io.tallystick.http.ingest;

import io.tallystick.http.api.Metrics;
import io.tallystick.ingest.Intake;
import io.tallystick.ingest.IntakeAppender;
import io.tallystick.ingest.config.ReceiverSpec;
import io.tallystick.ingest.syslog.SyslogConfig;
import io.tallystick.ingest.syslog.SyslogReceiver;
import io.tallystick.ingest.syslog.SyslogServer;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.AppendResult;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The ports of a server that receive syslog. Used by one thread. */
public final class SyslogPorts implements AutoCloseable {
  private final AccessKeys keys;
  private final ReceiverKeys receiverKeys;
  private final IntakeAppender appender;
  private final Metrics metrics;
  private final SyslogServer.@Nullable Secure secure;
  private final Map<String, SyslogServer> servers = new TreeMap<>();

  /**
   * @param secure makes TLS of connections; {@code null} if the server has no certificate
   */
  public SyslogPorts(
      AccessKeys keys,
      ReceiverKeys receiverKeys,
      IntakeAppender appender,
      Metrics metrics,
      SyslogServer.@Nullable Secure secure) {
    this.keys = keys;
    this.receiverKeys = receiverKeys;
    this.appender = appender;
    this.metrics = metrics;
    this.secure = secure;
  }

  /**
   * Listens on those of these receivers that are for syslog.
   *
   * @throws IOException with a sentence if one of them can't listen
   */
  public void start(List<ReceiverSpec> receivers) throws IOException {
    for (ReceiverSpec receiver : receivers) {
      if (receiver.receiver() instanceof SyslogReceiver syslog) {
        SyslogServer server = start(receiver, syslog.config());
        servers.put(receiver.name(), server);
        metrics.port(receiver.name(), server::refused);
      }
    }
  }

  private SyslogServer start(ReceiverSpec receiver, SyslogConfig config) throws IOException {
    boolean tls = config.transport().isEncrypted();
    if (tls && secure == null) {
      throw new IOException(
          "the receiver "
              + config.name()
              + " has the transport "
              + config.transport()
              + ", and the server has no certificate; give it --tls-cert and"
              + " --tls-key");
    }
    String key = String.valueOf(receiver.key());
    try {
      return SyslogServer.start(
          config, tls ? secure : null, messages -> append(receiver.intake(), messages, key));
    } catch (IOException e) {
      throw new IOException(
          "the receiver %s can't listen on %s: %s"
              .formatted(config.name(), config.address(), e.getMessage()),
          e);
    }
  }

  private void append(Intake intake, List<Intake.Document> messages, String name)
      throws IOException, InterruptedException, TimeoutException {
    AccessKey key =
        keys.goodNamed(name)
            .filter(each -> each.permissions().contains(Permission.AUDIT_APPEND))
            .orElseThrow(() ->
                new IOException(
                    receiverKeys.faultOf(name).orElse("the key " + name + " is good since now")));
    for (AppendResult result : appender.append(intake, messages, key)) {
      metrics.appended(result, 0);
    }
    keys.used(key.id());
  }

  /** The port of a receiver. */
  public int port(String name) {
    SyslogServer server = servers.get(name);
    return server == null ? 0 : server.port();
  }

  /** Appends what was read, and listens no more. */
  @Override
  public void close() throws IOException {
    for (SyslogServer server : servers.values()) {
      server.close();
    }
  }
}
