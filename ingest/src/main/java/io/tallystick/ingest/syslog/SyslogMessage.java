package io.tallystick.ingest.syslog;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.tallystick.text.Utf8;

/**
 * Reads a message of syslog into an object: {@code protocol} (rfc5424, rfc3164 or unknown), {@code
 * facility}, {@code severity} (0 to 7), {@code timestamp}, {@code hostname}, {@code app_name},
 * {@code procid}, {@code msgid}, {@code structured_data} and {@code message}, as far as it has
 * them. Nothing of a message is lost: what can't be understood is in {@code message}.
 */
final class SyslogMessage {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int MAX_PRIORITY = 191;
  private static final String COOKIE = "@cee:";

  /** Where what was logged is. */
  static final String MESSAGE = "message";

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private static final Pattern PRIORITY = Pattern.compile("^<([0-9]{1,3})>");

  private static final Pattern NEW =
      Pattern.compile("^1 (\\S+) (\\S{1,255}) (\\S{1,48}) (\\S{1,128}) (\\S{1,32}) ");

  /** Old senders leave out what they like: the time, the host, the colon. */
  private static final Pattern OLD_TIME =
      Pattern.compile(
          "^([A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}"
              + "|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})) ");

  private static final Pattern OLD_HOST = Pattern.compile("^([^\\s:\\[\\]]{1,255}) (?:\\S|$)");
  private static final Pattern OLD_TAG =
      Pattern.compile("^([^\\s:\\[\\]]{1,48})(?:\\[([^\\]\\s]{1,128})\\])?: ?");

  private static final Pattern NAME = Pattern.compile("^([^\\s=\\]\"]{1,32})");

  private SyslogMessage() {}

  /** The message as an object. */
  static ObjectNode read(byte[] bytes) {
    String text = text(bytes);
    ObjectNode message = JSON.objectNode();
    Matcher priority = PRIORITY.matcher(text);
    int value = priority.find() ? Integer.parseInt(priority.group(1)) : -1;
    if (value < 0 || value > MAX_PRIORITY) {
      return message.put("protocol", "unknown").put("message", text);
    }
    String rest = text.substring(priority.end());
    message.put("protocol", "rfc5424").put("facility", value / 8).put("severity", value % 8);
    if (readNew(rest, message)) {
      return message;
    }
    readOld(rest, message.put("protocol", "rfc3164"));
    return message;
  }

  /**
   * UTF-8; if it is not, what each byte is in ISO 8859-1, so that none is lost. Without the line
   * feed with which senders that count octets end a message all the same.
   */
  private static String text(byte[] bytes) {
    String text =
        new String(bytes, Utf8.firstMalformed(bytes, 0, bytes.length) < 0 ? UTF_8 : ISO_8859_1);
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  private static boolean readNew(String text, ObjectNode into) {
    Matcher head = NEW.matcher(text);
    if (!head.find()) {
      return false;
    }
    ObjectNode structured = JSON.objectNode();
    int at = structuredData(text, head.end(), structured);
    if (at < 0 || (at < text.length() && text.charAt(at) != ' ')) {
      return false;
    }
    put(into, "timestamp", head.group(1));
    put(into, "hostname", head.group(2));
    put(into, "app_name", head.group(3));
    put(into, "procid", head.group(4));
    put(into, "msgid", head.group(5));
    if (!structured.isEmpty()) {
      into.set("structured_data", structured);
    }
    if (at < text.length()) {
      into.put("message", withoutMark(text.substring(at + 1)));
    }
    return true;
  }

  private static void put(ObjectNode into, String name, String value) {
    if (!value.equals("-")) {
      into.put(name, value);
    }
  }

  /** RFC 5424 has senders put a byte order mark before UTF-8. */
  private static String withoutMark(String text) {
    if (text.startsWith("\ufeff")) {
      return text.substring(1);
    }
    return text.startsWith("\u00ef\u00bb\u00bf") ? text.substring(3) : text;
  }

  /** Reads it, and gives where it ends; -1 if it is malformed. */
  private static int structuredData(String text, int from, ObjectNode into) {
    if (text.startsWith("-", from)) {
      return from + 1;
    }
    int at = from;
    while (at < text.length() && text.charAt(at) == '[') {
      Matcher id = NAME.matcher(text.substring(at + 1, Math.min(text.length(), at + 40)));
      if (!id.find()) {
        return -1;
      }
      ObjectNode element = JSON.objectNode();
      at = parameters(text, at + 1 + id.end(), element);
      if (at < 0) {
        return -1;
      }
      add(into, id.group(1), element);
    }
    return at == from ? -1 : at;
  }

  /** The parameters of an element, up to behind its bracket; -1 if they are malformed. */
  private static int parameters(String text, int from, ObjectNode into) {
    int at = from;
    while (at < text.length()) {
      if (text.charAt(at) == ']') {
        return at + 1;
      }
      if (text.charAt(at) != ' ') {
        return -1;
      }
      Matcher name = NAME.matcher(text.substring(at + 1, Math.min(text.length(), at + 40)));
      if (!name.find() || !text.startsWith("=\"", at + 1 + name.end())) {
        return -1;
      }
      StringBuilder value = new StringBuilder();
      at = value(text, at + 1 + name.end() + 2, value);
      if (at < 0) {
        return -1;
      }
      add(into, name.group(1), JSON.textNode(value.toString()));
    }
    return -1;
  }

  private static int value(String text, int from, StringBuilder into) {
    for (int at = from; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        return at + 1;
      }
      boolean escape =
          c == '\\' && at + 1 < text.length() && "\"\\]".indexOf(text.charAt(at + 1)) >= 0;
      into.append(escape ? text.charAt(++at) : c);
    }
    return -1;
  }

  /** What occurs twice becomes an array. */
  private static void add(ObjectNode into, String name, JsonNode value) {
    JsonNode before = into.get(name);
    if (before == null) {
      into.set(name, value);
    } else if (before instanceof ArrayNode several) {
      several.add(value);
    } else {
      into.putArray(name).add(before).add(value);
    }
  }

  private static void readOld(String text, ObjectNode into) {
    String rest = text;
    Matcher time = OLD_TIME.matcher(rest);
    if (time.find()) {
      into.put("timestamp", time.group(1));
      rest = rest.substring(time.end());
      Matcher host = OLD_HOST.matcher(rest);
      if (host.find()) {
        into.put("hostname", host.group(1));
        rest = rest.substring(host.group(1).length() + 1);
      }
    }
    Matcher tag = OLD_TAG.matcher(rest);
    if (tag.find()) {
      into.put("app_name", tag.group(1));
      String procid = tag.group(2);
      if (procid != null) {
        into.put("procid", procid);
      }
      rest = rest.substring(tag.end());
    }
    into.put("message", withoutMark(rest));
  }

  /** What stands for a message that is larger than a receiver takes. */
  static ObjectNode stub(byte[] beginning, long length, String sha256) {
    ObjectNode message = read(beginning);
    message.put("truncated", true).put("bytes", length).put("sha256", sha256);
    return message;
  }

  /**
   * Makes an object of a message that is one in JSON, so that a mapping can look into it; some
   * programs write {@code @cee:} before it.
   *
   * @return whether it is one
   */
  static boolean unpack(ObjectNode message) {
    String text = message.path(MESSAGE).asText();
    String json = text.startsWith(COOKIE) ? text.substring(COOKIE.length()) : text;
    if (!json.stripLeading().startsWith("{")) {
      return false;
    }
    try {
      JsonNode value = MAPPER.readTree(json);
      if (value instanceof ObjectNode) {
        message.set(MESSAGE, value);
        return true;
      }
    } catch (JsonProcessingException e) {
      // It stays the text that it is.
    }
    return false;
  }
}
