package io.tallystick.forward.syslog;

import io.tallystick.forward.net.Trust;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Syslog of RFC 5424 over {@code tls}, {@code tcp}, each with octet counting (RFC 5425, RFC 6587),
 * or {@code relp}. Over the first two a write that succeeded says nothing: accepted, and what a
 * receiver that dies had in its buffers is lost. RELP's answers say that the receiver has the
 * message.
 */
public final class SyslogType implements SinkType {
  /** Of the 8,096 bytes of a message that rsyslog keeps by default, without its header. */
  private static final int MAX_RECORD_BYTES = 7_400;

  @Override
  public String name() {
    return "syslog";
  }

  @Override
  public Set<String> settings() {
    Set<String> all = new HashSet<>(Trust.SETTINGS);
    all.addAll(SyslogMessage.SETTINGS);
    all.addAll(List.of("host", "port", "transport", "timeout_seconds"));
    return Set.copyOf(all);
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    SyslogMessage.of(settings);
    Connector.of(settings);
  }

  @Override
  public int maxRecordBytes() {
    return MAX_RECORD_BYTES;
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    SyslogMessage message = SyslogMessage.of(settings);
    Connector connector = Connector.of(settings);
    return connector.relp() ? new RelpSink(message, connector) : new SyslogSink(message, connector);
  }
}
