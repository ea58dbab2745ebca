package io.tallystick.forward.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.EventType;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.service.answer.EntryView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * ArcSight's Common Event Format, version 0: one line of text. Longer values than its dictionary
 * allows are cut, so that it is no format to recompute anything from. Stateless.
 */
public final class CefFormat implements Format {
  /** The dictionary's limits of a custom string and of other texts, in characters. */
  private static final int MAX_CUSTOM_CHARS = 4_000;

  private static final int MAX_CHARS = 1_023;

  private static final int HEADER_PARTS = 7;

  private static final Map<String, Integer> SEVERITIES =
      Map.of("informational", 2, "low", 4, "medium", 6, "high", 8, "critical", 9, "fatal", 10);

  @Override
  public String name() {
    return "cef";
  }

  @Override
  public byte[] format(Forwarded forwarded) {
    EntryView entry = forwarded.entry();
    Fields fields = new Fields(forwarded);
    Line line =
        line(
            entry.eventType(),
            fields.description(),
            severity(entry),
            entry.timestamp(),
            forwarded.origin());
    if (entry.occurredAt() != null) {
      line.time("start", fields.occurred());
    }
    line.put("outcome", fields.outcome());
    identity(line, forwarded.sink(), forwarded.seq(), entry.id(), fields.hash());
    line.put("suid", fields.actorId());
    line.put("suser", entry.actorUsername());
    line.put("shost", entry.actorHost());
    line.address(entry.actorIp());
    line.put("requestClientApplication", entry.userAgent());
    line.custom("3", "targetType", entry.targetType());
    line.custom("4", "targetId", entry.targetId());
    line.custom("5", "requestId", entry.requestId());
    line.put("deviceProcessName", entry.source());
    line.put("msg", fields.action());
    line.custom("6", "details", fields.details());
    line.flexible("1", "redacted", fields.redacted());
    return line.toBytes();
  }

  private static int severity(EntryView entry) {
    String severity = entry.severity();
    return severity == null
        ? (EventType.isSecurity(entry.eventType()) ? 6 : 2)
        : SEVERITIES.getOrDefault(severity, 2);
  }

  private static Line line(String type, String name, int severity, Instant time, String origin) {
    Line line = new Line(type, name, severity);
    line.time("rt", time);
    line.put("cat", EventType.of(type).category());
    line.custom("2", "origin", origin);
    return line;
  }

  private static void identity(Line line, String sink, long seq, long id, String hash) {
    line.put("externalId", Long.toString(id));
    line.number("1", "seq", seq);
    line.custom("1", "hash", hash);
    line.put("deviceFacility", sink);
  }

  @Override
  public byte[] marker(Marker marker) {
    Line line = line(Marker.EVENT_TYPE, "Forwarded so far", 2, marker.time(), marker.origin());
    line.put("deviceFacility", marker.sink());
    line.put("externalId", Long.toString(marker.throughId()));
    line.number("1", "throughSeq", marker.throughSeq());
    line.number("2", "count", marker.count());
    line.number("3", "marker", marker.number());
    line.custom("1", "root", marker.root().toString());
    line.custom("3", "previousMarker", marker.previous().toString());
    line.custom("4", "markerHash", marker.hash().toString());
    line.custom("6", "checkpoint", marker.checkpoint());
    return line.toBytes();
  }

  @Override
  public byte[] reduced(Reduced entry) {
    Line line = line(entry.eventType(), "Not whole", 2, entry.timestamp(), entry.origin());
    identity(line, entry.sink(), entry.seq(), entry.id(), entry.hash());
    line.number("2", "bytes", entry.bytes());
    line.put("reason", entry.truncated() ? "truncated" : "refused");
    line.custom("6", "raw", entry.raw());
    return line.toBytes();
  }

  @Override
  public Optional<Held> read(byte[] record) {
    String line = new String(record, UTF_8);
    if (line.startsWith("CEF:0|Tallystick|Tallystick|0|" + Marker.EVENT_TYPE + "|")) {
      return Optional.empty();
    }
    String extension = extension(line);
    return Optional.of(
        new Held(
            Fields.number(value(extension, "externalId")),
            Fields.number(value(extension, "cn1")),
            value(extension, "cs1"),
            record));
  }

  /** What comes after the seven parts of the header, with the pipe that ends them. */
  private static String extension(String line) {
    int at = 0;
    for (int parts = 0; parts < HEADER_PARTS && at < line.length(); at++) {
      if (line.charAt(at) == '\\') {
        at++;
      } else if (line.charAt(at) == '|' && ++parts == HEADER_PARTS) {
        return line.substring(at);
      }
    }
    return "";
  }

  /**
   * The value of a key whose values have no space and nothing escaped; empty if it is not there.
   */
  private static String value(String extension, String key) {
    Matcher matcher = Pattern.compile("[ |]" + key + "=([0-9a-f]+)(?: |$)").matcher(extension);
    return matcher.find() ? matcher.group(1) : "";
  }

  /** A line that is being written. */
  private static final class Line {
    private final StringBuilder text = new StringBuilder(512);

    Line(String signature, String name, int severity) {
      text.append("CEF:0|Tallystick|Tallystick|0|");
      header(signature);
      header(cut(name, MAX_CHARS));
      text.append(severity).append('|');
    }

    /** In the header only backslash and pipe have an escape, and a line is a line. */
    private void header(String value) {
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if (c == '\\' || c == '|') {
          text.append('\\').append(c);
        } else {
          text.append(isControl(c) ? ' ' : c);
        }
      }
      text.append('|');
    }

    private static boolean isControl(char c) {
      return Character.isISOControl(c) || isLineBreak(c);
    }

    /** What some readers of lines take for the end of one. */
    private static boolean isLineBreak(char c) {
      return c == '\n' || c == '\u0085' || c == '\u2028' || c == '\u2029';
    }

    void time(String key, Instant time) {
      put(key, Long.toString(time.toEpochMilli()));
    }

    void address(@Nullable String address) {
      if (address != null && address.indexOf(':') >= 0) {
        put("c6a2", address);
        put("c6a2Label", "Source IPv6 Address");
      } else {
        put("src", address);
      }
    }

    void number(String which, String label, long value) {
      put("cn" + which + "Label", label);
      put("cn" + which, Long.toString(value));
    }

    void custom(String which, String label, @Nullable String value) {
      if (value != null) {
        put("cs" + which + "Label", label);
        put("cs" + which, value, MAX_CUSTOM_CHARS);
      }
    }

    void flexible(String which, String label, @Nullable List<String> names) {
      if (names != null) {
        put("flexString" + which + "Label", label);
        put("flexString" + which, String.join(",", names));
      }
    }

    void put(String key, @Nullable String value) {
      put(key, value, MAX_CHARS);
    }

    private void put(String key, @Nullable String value, int maxChars) {
      if (value == null || value.isEmpty()) {
        return;
      }
      if (text.charAt(text.length() - 1) != '|') {
        text.append(' ');
      }
      text.append(key).append('=');
      String kept = cut(value, maxChars);
      for (int i = 0; i < kept.length(); i++) {
        char c = kept.charAt(i);
        if (c == '\\' || c == '=') {
          text.append('\\').append(c);
        } else if (c == '\r') {
          text.append("\\r");
        } else if (isLineBreak(c)) {
          text.append("\\n");
        } else {
          text.append(isControl(c) ? ' ' : c);
        }
      }
    }

    /** Not between the two halves of a character. */
    private static String cut(String value, int maxChars) {
      if (value.length() <= maxChars) {
        return value;
      }
      boolean half = Character.isHighSurrogate(value.charAt(maxChars - 1));
      return value.substring(0, half ? maxChars - 1 : maxChars);
    }

    byte[] toBytes() {
      return text.toString().getBytes(UTF_8);
    }
  }
}
