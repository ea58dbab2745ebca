package io.tallystick.ingest.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import com.schibsted.spt.data.jslt.Function;
import com.schibsted.spt.data.jslt.JsltException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the expressions of a mapping can call besides JSLT's own functions: those that audit events
 * need, and JSLT's functions for regular expressions, which take time that grows exponentially with
 * some inputs, in a form that does not (RE2). A missing or unsuitable argument gives null.
 */
final class Functions {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int MAX_PATTERNS = 1_000;
  private static final Map<String, Pattern> PATTERNS = new ConcurrentHashMap<>();

  /** Longest text that a replacement gives, in characters: as long as an event can be. */
  private static final int MAX_TEXT = 1 << 20;

  private static final Pattern NOT_IN_TYPE = Pattern.compile("[^A-Za-z0-9_:/.-]+");
  private static final Pattern EMPTY_WORD = Pattern.compile("[.]{2,}");
  private static final Pattern ENDS = Pattern.compile("^[._]+|[._]+$");

  private static final Pattern IPV4 =
      Pattern.compile("([0-9]{1,3}(?:[.][0-9]{1,3}){3})(?::[0-9]+)?");
  private static final Pattern IPV6 =
      Pattern.compile("([0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,8})(?:%.*)?");
  private static final Pattern BRACKETED = Pattern.compile("\\[(.*)\\](?::[0-9]+)?");
  private static final Pattern WITH_OFFSET =
      Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]+(?:[Zz]|[+-][0-9]{2}:[0-9]{2})");

  /** Up to the year 5138. */
  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,17}");

  /** All of them. */
  static final List<Function> ALL =
      List.of(
          new Named("type", 1, 1, arguments -> type(arguments[0])),
          new Named("address", 1, 1, arguments -> address(arguments[0])),
          new Named("host", 1, 1, arguments -> host(arguments[0])),
          new Named("time", 1, 1, arguments -> time(arguments[0])),
          new Named("millis", 1, 1, arguments -> after1970(arguments[0], 3)),
          new Named("seconds", 1, 1, arguments -> after1970(arguments[0], 0)),
          new Named("micros", 1, 1, arguments -> micros(arguments[0])),
          new Named("test", 2, 2, arguments -> test(arguments[0], arguments[1])),
          new Named("capture", 2, 2, arguments -> capture(arguments[0], arguments[1])),
          new Named(
              "replace", 3, 3, arguments -> replace(arguments[0], arguments[1], arguments[2])),
          new Named("split", 2, 2, arguments -> split(arguments[0], arguments[1])));

  private Functions() {}

  @FunctionalInterface
  private interface Body {
    JsonNode of(JsonNode[] arguments);
  }

  private record Named(String name, int least, int most, Body body) implements Function {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public int getMinArguments() {
      return least;
    }

    @Override
    public int getMaxArguments() {
      return most;
    }

    @Override
    public JsonNode call(JsonNode input, JsonNode[] arguments) {
      return body.of(arguments);
    }
  }

  private static JsonNode text(String text) {
    return text.isEmpty() ? NullNode.instance : new TextNode(text);
  }

  private static boolean isScalar(JsonNode value) {
    return value.isValueNode() && !value.isNull();
  }

  /** An event type of a text: what is not in event types becomes an underscore. */
  private static JsonNode type(JsonNode value) {
    if (!isScalar(value)) {
      return NullNode.instance;
    }
    String type = NOT_IN_TYPE.matcher(value.asText()).replaceAll("_");
    type = EMPTY_WORD.matcher(type).replaceAll(".");
    return text(ENDS.matcher(type).replaceAll(""));
  }

  /** The IP address in a text, without its port, brackets and zone; null if it is none. */
  private static JsonNode address(JsonNode value) {
    if (!value.isTextual()) {
      return NullNode.instance;
    }
    String text = value.textValue().strip();
    Matcher bracketed = BRACKETED.matcher(text);
    if (bracketed.matches()) {
      text = bracketed.group(1);
    }
    for (Pattern form : List.of(IPV4, IPV6)) {
      Matcher matcher = form.matcher(text);
      if (matcher.matches()) {
        return new TextNode(matcher.group(1));
      }
    }
    return NullNode.instance;
  }

  /** A text that says where something came from and is no address. */
  private static JsonNode host(JsonNode value) {
    return value.isTextual() && address(value).isNull() && !value.textValue().equals("-")
        ? text(value.textValue().strip())
        : NullNode.instance;
  }

  /** A time in RFC 3339 that says its offset; another one could be any hour of the day. */
  private static JsonNode time(JsonNode value) {
    return value.isTextual() && WITH_OFFSET.matcher(value.textValue()).matches()
        ? value
        : NullNode.instance;
  }

  /** The time that is so long after 1970, see {@link EpochTime}. */
  private static JsonNode after1970(JsonNode value, int power) {
    String time = EpochTime.of(value, power);
    return time == null ? NullNode.instance : new TextNode(time);
  }

  /** The time that so many microseconds after 1970 is, which may be written as a text. */
  private static JsonNode micros(JsonNode value) {
    if (!isScalar(value) || !DIGITS.matches(value.asText())) {
      return NullNode.instance;
    }
    long micros = Long.parseLong(value.asText());
    return new TextNode(Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString());
  }

  private static Pattern pattern(JsonNode regex) {
    String text = regex.asText();
    Pattern known = PATTERNS.get(text);
    if (known != null) {
      return known;
    }
    try {
      Pattern pattern = Pattern.compile(text);
      if (PATTERNS.size() < MAX_PATTERNS) {
        PATTERNS.put(text, pattern);
      }
      return pattern;
    } catch (PatternSyntaxException e) {
      throw new JsltException("not a regular expression of RE2: " + e.getMessage());
    }
  }

  private static JsonNode test(JsonNode value, JsonNode regex) {
    return BooleanNode.valueOf(isScalar(value) && pattern(regex).matcher(value.asText()).find());
  }

  /** The named groups, as in JSLT; RE2 writes them {@code (?P<name>…)}. */
  private static JsonNode capture(JsonNode value, JsonNode regex) {
    ObjectNode groups = JSON.objectNode();
    if (isScalar(value)) {
      Pattern pattern = pattern(regex);
      Matcher matcher = pattern.matcher(value.asText());
      if (matcher.find()) {
        for (String name : pattern.namedGroups().keySet()) {
          String group = matcher.group(name);
          if (group != null) {
            groups.put(name, group);
          }
        }
      }
    }
    return groups;
  }

  private static JsonNode replace(JsonNode value, JsonNode regex, JsonNode with) {
    if (!isScalar(value)) {
      return NullNode.instance;
    }
    String replacement = Matcher.quoteReplacement(with.asText());
    Matcher matcher = pattern(regex).matcher(value.asText());
    StringBuilder replaced = new StringBuilder();
    while (matcher.find()) {
      matcher.appendReplacement(replaced, replacement);
      checkLength(replaced);
    }
    matcher.appendTail(replaced);
    checkLength(replaced);
    return new TextNode(replaced.toString());
  }

  private static void checkLength(StringBuilder replaced) {
    if (replaced.length() > MAX_TEXT) {
      throw new JsltException("replace would give more than %,d characters".formatted(MAX_TEXT));
    }
  }

  private static JsonNode split(JsonNode value, JsonNode regex) {
    if (!isScalar(value)) {
      return NullNode.instance;
    }
    ArrayNode parts = JSON.arrayNode();
    for (String part : pattern(regex).split(value.asText())) {
      parts.add(part);
    }
    return parts;
  }
}
