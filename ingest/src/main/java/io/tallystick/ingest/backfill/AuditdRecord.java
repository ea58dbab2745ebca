package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.tallystick.text.Utf8;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A line of the Linux audit daemon: {@code type=USER_LOGIN msg=audit(1364481363.243:24287): …}.
 *
 * @param node the machine, where lines of several are in one file; {@code null} if it is not said
 * @param seconds since 1970
 * @param stamp time and serial as they stand in the line, which the records of one event share
 * @param fields type first, then those of the line; what is quoted or in hexadecimal is decoded
 */
record AuditdRecord(
    @Nullable String node, String type, long seconds, int millis, String stamp, ObjectNode fields) {
  private static final Pattern HEAD =
      Pattern.compile(
          "^(?:node=(\\S+) )?type=(\\S+) msg=audit\\((([0-9]{1,11})\\.([0-9]{3}):([0-9]{1,20}))\\):[ ]?");

  /** Fields that the kernel writes in hexadecimal where they hold what would end a word. */
  private static final Set<String> ENCODED =
      Set.of(
          "acct",
          "cmd",
          "comm",
          "cwd",
          "data",
          "dir",
          "exe",
          "file",
          "grp",
          "key",
          "name",
          "new_name",
          "ocomm",
          "old_name",
          "path",
          "proctitle",
          "vm",
          "watch");

  /** Arguments of a program are encoded in the same way. */
  private static final Pattern ARGUMENT = Pattern.compile("a[0-9]+(?:\\[[0-9]+\\])?");

  private static final Pattern HEX = Pattern.compile("(?:[0-9A-F]{2})+");

  /** Before what the daemon added itself, in its format ENRICHED. */
  private static final char ENRICHED = 0x1d;

  /** The record of a line; {@code null} if the line is none. */
  static @Nullable AuditdRecord parse(String line) {
    Matcher head = HEAD.matcher(line);
    if (!head.find()) {
      return null;
    }
    ObjectNode fields = JsonRecords.JSON.createObjectNode();
    String type = head.group(2);
    fields.put("type", type);
    boolean arguments = type.equals("EXECVE");
    readFields(line.substring(head.end()), arguments, fields);
    return new AuditdRecord(
        head.group(1),
        type,
        Long.parseLong(head.group(4)),
        Integer.parseInt(head.group(5)),
        head.group(3),
        fields);
  }

  /** When it was, in RFC 3339. */
  String time() {
    return Instant.ofEpochSecond(seconds, millis * 1_000_000L).toString();
  }

  /** The number of the event. */
  String serial() {
    return stamp.substring(stamp.indexOf(':') + 1);
  }

  /** What the records of one event have in common. */
  String event() {
    return node == null ? stamp : node + " " + stamp;
  }

  private static void readFields(String text, boolean arguments, ObjectNode into) {
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == ' ' || c == ENRICHED) {
        at++;
        continue;
      }
      int end = wordEnd(text, at);
      int equals = text.indexOf('=', at);
      if (equals < 0 || equals >= end) {
        add(into, "text", text.substring(at, end));
        at = end;
        continue;
      }
      String name = text.substring(at, equals);
      char quote = equals + 1 < text.length() ? text.charAt(equals + 1) : ' ';
      int close = quote == '"' || quote == '\'' ? text.indexOf(quote, equals + 2) : -1;
      if (close < 0) {
        add(into, name, decoded(name, text.substring(equals + 1, end), arguments));
        at = end;
      } else {
        String value = text.substring(equals + 2, close);
        if (quote == '\'' && name.equals("msg")) {
          readFields(value, arguments, into);
        } else {
          add(into, name, value);
        }
        at = close + 1;
      }
    }
  }

  private static int wordEnd(String text, int from) {
    int end = from;
    while (end < text.length() && text.charAt(end) != ' ' && text.charAt(end) != ENRICHED) {
      end++;
    }
    return end;
  }

  private static void add(ObjectNode into, String name, String value) {
    JsonNode before = into.get(name);
    if (before == null) {
      into.put(name, value);
    } else if (before instanceof ArrayNode several) {
      several.add(value);
    } else {
      into.putArray(name).add(before).add(value);
    }
  }

  /** A value that is in hexadecimal as the text that it is, if it is one. */
  private static String decoded(String name, String value, boolean arguments) {
    boolean encoded =
        ENCODED.contains(name.toLowerCase(Locale.ROOT)) || (arguments && ARGUMENT.matches(name));
    if (!encoded || !HEX.matches(value)) {
      return value;
    }
    byte[] bytes = HexFormat.of().parseHex(value);
    if (Utf8.firstMalformed(bytes, 0, bytes.length) >= 0) {
      return value;
    }
    String text = new String(bytes, UTF_8);
    if (name.equals("proctitle")) {
      return text.replace('\0', ' ').stripTrailing();
    }
    return text.indexOf('\0') >= 0 ? value : text;
  }
}
