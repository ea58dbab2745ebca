package io.tallystick.forward.syslog;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EventType;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkSettings;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * Records as messages of RFC 5424. What tells which record it is stands in structured data, the
 * record itself is the message. Immutable.
 */
final class SyslogMessage {
  /** Receivers of the field can't read more than six digits of a second. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private static final int WARNING = 4;
  private static final int INFORMATIONAL = 6;

  private static final int MAX_MSGID = 32;

  /** Of RFC 5424, where "log audit" is 13. */
  private static final int AUDIT = 13;

  private final String origin;
  private final String sink;
  private final long facility;
  private final String before;
  private final String dataId;

  private SyslogMessage(
      String origin, String sink, long facility, String hostname, String app, long enterprise) {
    this.origin = origin;
    this.sink = sink;
    this.facility = facility;
    this.before = hostname + " " + app + " - ";
    this.dataId = "tallystick@" + enterprise;
  }

  static SyslogMessage of(SinkSettings settings) throws SettingException {
    return new SyslogMessage(
        settings.origin(),
        settings.sink(),
        settings.number("facility", AUDIT, 0, 23),
        word(settings, "hostname", settings.text("hostname", ownName()), 255),
        word(settings, "app_name", settings.text("app_name", "tallystick"), 48),
        // 32473 is the number for documentation (RFC 5612).
        settings.number("enterprise", 32_473, 1, Integer.MAX_VALUE));
  }

  private static String ownName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "-";
    }
  }

  private static String word(SinkSettings settings, String name, String text, int max)
      throws SettingException {
    if (text.length() > max || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw settings.wrong(
          name, "must be 1 to " + max + " printable characters of ASCII without spaces");
    }
    return text;
  }

  /** The message without a frame. */
  byte[] of(Outgoing out) {
    int severity = EventType.isSecurity(out.eventType()) ? WARNING : INFORMATIONAL;
    String type = out.eventType();
    StringBuilder head = new StringBuilder(512);
    head.append('<').append(8 * facility + severity).append(">1 ");
    head.append(TIME.format(out.time())).append(' ').append(before);
    head.append(type.length() <= MAX_MSGID ? type : "-").append(" [").append(dataId);
    parameter(head, "origin", origin);
    parameter(head, "sink", sink);
    parameter(head, "seq", Long.toString(out.seq()));
    parameter(head, "id", Long.toString(out.id()));
    parameter(head, "hash", out.hash());
    parameter(head, "ts", EntryCodec.timestamp(out.time()));
    parameter(head, "type", type);
    head.append("] ");
    ByteArrayOutputStream message = new ByteArrayOutputStream(head.length() + out.body().length);
    message.writeBytes(head.toString().getBytes(UTF_8));
    message.writeBytes(out.body());
    return message.toByteArray();
  }

  private static void parameter(StringBuilder head, String name, String value) {
    head.append(' ').append(name).append("=\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\' || c == ']') {
        head.append('\\');
      }
      head.append(c);
    }
    head.append('"');
  }

  /** The settings that it reads. */
  static final List<String> SETTINGS = List.of("facility", "hostname", "app_name", "enterprise");
}
