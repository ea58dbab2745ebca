package io.tallystick.ingest.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.schibsted.spt.data.jslt.Expression;
import com.schibsted.spt.data.jslt.JsltException;
import com.schibsted.spt.data.jslt.Parser;
import io.tallystick.entry.ActorId;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.service.yaml.InvalidYamlException;
import io.tallystick.service.yaml.StrictYaml;
import io.tallystick.tlog.Quoted;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the events of one other system become events of Tallystick. In YAML:
 *
 * <pre>
 * name: cloudtrail
 * match: .eventVersion and .eventSource        # whether an event is one of these
 * map:                                         # a field of the entry: an expression over the event
 *   event_type: type(replace(.eventSource, "[.]amazonaws[.]com$", "") + "." + .eventName)
 *   actor_ip: address(.sourceIPAddress)
 * </pre>
 *
 * A field whose expression gives null, an empty text or no scalar is left out. A value that an
 * expression names, that became the field as it was and that the field can hold is moved there; all
 * the rest of the event is in the details, so that nothing is lost. Immutable.
 */
public final class Mapping {
  /** Longest text of a mapping, in characters. */
  static final int MAX_LENGTH = 64 << 10;

  private static final Set<String> KEYS = Set.of("name", "title", "match", "map");
  private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

  /** Fields that a mapping can set: those of a client that have one value. */
  private static final Set<EntryField> FIELDS =
      EnumSet.complementOf(
          EnumSet.of(
              EntryField.SOURCE,
              EntryField.SOURCE_SEQ,
              EntryField.ALTERED,
              EntryField.DETAILS,
              EntryField.PERSONAL));

  /** A path from the event's own keys, such as {@code .a."b c".d}. */
  private static final Pattern PATH =
      Pattern.compile(
          "(?:^|[^A-Za-z0-9_\"$\\]).])((?:[.](?:[A-Za-z_][A-Za-z0-9_-]*|\"[^\"\\\\]+\"))+)");

  private static final Pattern KEY =
      Pattern.compile("[.](?:([A-Za-z_][A-Za-z0-9_-]*)|\"([^\"]+)\")");

  private static final Pattern CONTROLS = Pattern.compile("[\\s\\pC]+");

  private record Field(EntryField name, Expression expression, List<List<String>> paths) {}

  private final String name;
  private final String title;
  private final Expression match;
  private final List<Field> fields;

  private Mapping(String name, String title, Expression match, List<Field> fields) {
    this.name = name;
    this.title = title;
    this.match = match;
    this.fields = List.copyOf(fields);
  }

  /**
   * Reads a mapping.
   *
   * @param where it comes from, for messages
   * @throws InvalidMappingException if it is not one
   */
  public static Mapping parse(String where, String yaml) {
    Map<?, ?> parts = object(where, load(where, yaml));
    for (Object key : parts.keySet()) {
      if (!KEYS.contains(String.valueOf(key))) {
        throw new InvalidMappingException(
            where
                + ": "
                + Quoted.of(String.valueOf(key))
                + " is unknown; a mapping has name, title, match and map");
      }
    }
    String name = text(where, parts, "name");
    if (!NAME.matches(name)) {
      throw new InvalidMappingException(
          where + ": the name has 1 to 64 of a-z, 0-9 and -, not " + Quoted.of(name));
    }
    List<Field> fields = new ArrayList<>();
    for (Map.Entry<?, ?> one : object(where + ", map", parts.get("map")).entrySet()) {
      String field = String.valueOf(one.getKey());
      fields.add(field(where, field, scalar(where + ", " + Quoted.of(field), one.getValue())));
    }
    if (fields.stream().noneMatch(field -> field.name == EntryField.EVENT_TYPE)) {
      throw new InvalidMappingException(where + ": map has no event_type, which every event needs");
    }
    return new Mapping(
        name,
        parts.containsKey("title") ? text(where, parts, "title") : name,
        compile(where + ", match", text(where, parts, "match")),
        fields);
  }

  private static Object load(String where, String yaml) {
    if (yaml.length() > MAX_LENGTH) {
      throw new InvalidMappingException(
          "%s: a mapping may have %,d characters, not %,d"
              .formatted(where, MAX_LENGTH, yaml.length()));
    }
    try {
      Object root = StrictYaml.read(yaml);
      return root == null ? Map.of() : root;
    } catch (InvalidYamlException e) {
      throw new InvalidMappingException(where + ": " + e.getMessage());
    }
  }

  private static String oneLine(RuntimeException e) {
    return CONTROLS.matcher(String.valueOf(e.getMessage())).replaceAll(" ").strip();
  }

  private static Map<?, ?> object(String where, @Nullable Object value) {
    if (value instanceof Map<?, ?> object) {
      return object;
    }
    throw new InvalidMappingException(where + ": expected keys and values here");
  }

  private static String text(String where, Map<?, ?> parts, String key) {
    return scalar(where + ": " + key, parts.get(key));
  }

  /** The text of a value; YAML reads {@code true} and {@code 7} as something else. */
  private static String scalar(String what, @Nullable Object value) {
    return switch (value) {
      case String text -> text;
      case Boolean truth -> truth.toString();
      case Number number -> number.toString();
      case null, default ->
          throw new InvalidMappingException(what + " is missing, or is not one value");
    };
  }

  private static Field field(String where, String name, String expression) {
    EntryField field =
        FIELDS.stream()
            .filter(known -> known.toString().equals(name))
            .findFirst()
            .orElseThrow(() ->
                new InvalidMappingException(
                    where
                        + ", map: "
                        + Quoted.of(name)
                        + " is no field that a mapping can set; those are "
                        + FIELDS.stream()
                            .map(EntryField::toString)
                            .collect(Collectors.joining(", "))));
    return new Field(field, compile(where + ", " + name, expression), paths(expression));
  }

  private static Expression compile(String where, String expression) {
    Guard.check(where, expression);
    try {
      return new Parser(new StringReader(expression))
          .withSource(where)
          .withFunctions(Functions.ALL)
          .compile();
    } catch (JsltException e) {
      throw new InvalidMappingException(where + ": " + oneLine(e));
    }
  }

  private static List<List<String>> paths(String expression) {
    List<List<String>> paths = new ArrayList<>();
    Matcher found = PATH.matcher(expression);
    for (int at = 0; found.find(at); at = found.end(1)) {
      List<String> keys = new ArrayList<>();
      Matcher key = KEY.matcher(found.group(1));
      while (key.find()) {
        keys.add(key.group(1) == null ? key.group(2) : key.group(1));
      }
      paths.add(keys);
    }
    return paths;
  }

  /** Its name, by which the command line knows it. */
  public String name() {
    return name;
  }

  /** What people call the other system. */
  public String title() {
    return title;
  }

  /** Whether an event is one of these. */
  boolean matches(JsonNode event) {
    try {
      JsonNode result = match.apply(event);
      return !result.isNull() && !(result.isBoolean() && !result.booleanValue());
    } catch (JsltException e) {
      return false;
    }
  }

  /**
   * The event of Tallystick. Whether it is valid is not known yet.
   *
   * @throws JsltException if an expression can't be computed for this event
   */
  Mapped map(ObjectNode original, ObjectMapper json) {
    ObjectNode event = json.createObjectNode();
    ObjectNode rest = original.deepCopy();
    List<String> moved = new ArrayList<>();
    for (Field field : fields) {
      JsonNode value = field.expression.apply(original);
      if (!value.isValueNode() || value.isNull() || value.asText().isEmpty()) {
        continue;
      }
      boolean number = field.name == EntryField.ACTOR_ID && value.isIntegralNumber();
      event.set(field.name.toString(), number ? value : TextNode.valueOf(value.asText()));
      boolean fits = fits(field.name, value.asText());
      for (List<String> path : field.paths) {
        if (fits && move(rest, path, value.asText())) {
          moved.add(String.join(".", path));
        }
      }
    }
    if (!rest.isEmpty()) {
      event.set(EntryField.DETAILS.toString(), rest);
    }
    return new Mapped(name, event, moved, null);
  }

  /** Whether the entry holds a text as it is: what it would cut or clean must not be lost. */
  private static boolean fits(EntryField field, String text) {
    try {
      Event.Builder event = Event.builder("any");
      var _ =
          field == EntryField.ACTOR_ID
              ? event.actorId(ActorId.of(text)).build()
              : event.text(field, text).build();
      return true;
    } catch (InvalidEventException e) {
      return false;
    }
  }

  /** Removes a value that stands as this text in a field, and the objects that are empty then. */
  private static boolean move(ObjectNode from, List<String> path, String text) {
    String key = path.getFirst();
    JsonNode value = from.path(key);
    if (path.size() == 1) {
      boolean same = (value.isTextual() || value.isIntegralNumber()) && value.asText().equals(text);
      if (same) {
        from.remove(key);
      }
      return same;
    }
    boolean moved =
        value instanceof ObjectNode object && move(object, path.subList(1, path.size()), text);
    if (moved && value.isEmpty()) {
      from.remove(key);
    }
    return moved;
  }
}
