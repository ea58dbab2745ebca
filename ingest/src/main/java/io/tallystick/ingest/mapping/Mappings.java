package io.tallystick.ingest.mapping;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.schibsted.spt.data.jslt.JsltException;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.tlog.Quoted;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Mappings to choose from: for each event, the first one that matches. An event that none matches,
 * or that can't be mapped, is not lost: it becomes an {@link #UNMAPPED} event with all of it in the
 * details. Where details would have more than an entry can hold, they have the event's length, its
 * SHA-256 and its beginning instead. Safe for any number of threads.
 */
public final class Mappings {
  /** The type of an event that was kept raw. */
  public static final String UNMAPPED = "ingest.unmapped";

  /** Most characters of an event that are kept raw where not all of it has room. */
  static final int KEPT_CHARACTERS = 8_000;

  /** Those that come with Tallystick, in the order in which they are tried. */
  private static final List<String> SHIPPED =
      List.of(
          "cloudtrail",
          "kubernetes",
          "vault",
          "okta",
          "entra",
          "github",
          "windows",
          "ocsf",
          "ecs",
          "keycloak",
          "auditd",
          "journald",
          "pgaudit",
          "simpletuner",
          "syslog",
          "otlp",
          "hec",
          "cloudevents",
          "github-webhook",
          "gitlab",
          "standard-webhooks");

  private static final int MAX_NESTING = 500;

  private final ObjectMapper json =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private final List<Mapping> mappings;

  /** These, in this order. */
  public Mappings(List<Mapping> mappings) {
    this.mappings = List.copyOf(mappings);
  }

  /** Those that come with Tallystick. */
  public static Mappings shipped() {
    return new Mappings(SHIPPED.stream().map(Mappings::shipped).toList());
  }

  private static Mapping shipped(String name) {
    String file = name + ".yaml";
    try (InputStream in = Mappings.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("the mapping " + file + " is not in the jar");
      }
      return Mapping.parse(file, new String(in.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What chooses among all that come with Tallystick. */
  public static final String AUTO = "auto";

  /**
   * Those that {@value #AUTO} or the name of one stands for.
   *
   * @throws InvalidMappingException if there is none of this name
   */
  public static Mappings named(String choice) {
    Mappings shipped = shipped();
    Mappings chosen = choice.equals(AUTO) ? shipped : shipped.only(choice);
    if (chosen == null) {
      throw new InvalidMappingException(
          "there is no mapping "
              + Quoted.of(choice)
              + "; there are auto, "
              + String.join(", ", shipped.titles().keySet())
              + ", and files that end in .yaml");
    }
    return chosen;
  }

  /** Only the one of this name; {@code null} if there is none. */
  public @Nullable Mappings only(String name) {
    List<Mapping> found = mappings.stream().filter(each -> each.name().equals(name)).toList();
    return found.isEmpty() ? null : new Mappings(found);
  }

  /** Title of each mapping by its name. */
  public Map<String, String> titles() {
    Map<String, String> titles = new TreeMap<>();
    mappings.forEach(mapping -> titles.put(mapping.name(), mapping.title()));
    return titles;
  }

  /**
   * Maps an event. What comes back is a valid event where texts that are too long may be cut, see
   * {@link EventReader.Rules}.
   *
   * @param original a JSON object, or anything else, which is kept raw
   */
  public Mapped map(byte[] original) {
    JsonNode event;
    try {
      event = json.readTree(original);
    } catch (NumberFormatException e) {
      return raw(null, original, null, "it has a number with too large an exponent");
    } catch (IOException e) {
      return raw(null, original, null, "it " + reason(e));
    }
    return map(event, () -> original);
  }

  /** The same for an event that was read from something else than JSON, or is part of it. */
  public Mapped map(JsonNode event) {
    return map(event, () -> bytes(event));
  }

  private Mapped map(JsonNode event, Supplier<byte[]> original) {
    if (!(event instanceof ObjectNode object)) {
      return raw(null, original.get(), null, "it is no JSON object");
    }
    Mapped mapped = mapIfKnown(object, original);
    return mapped == null ? raw(null, original.get(), object, "no mapping matches it") : mapped;
  }

  /** What becomes of an event that a mapping matches; {@code null} if none does. */
  public @Nullable Mapped mapIfKnown(JsonNode event) {
    return event instanceof ObjectNode object ? mapIfKnown(object, () -> bytes(event)) : null;
  }

  private @Nullable Mapped mapIfKnown(ObjectNode object, Supplier<byte[]> original) {
    for (Mapping mapping : mappings) {
      if (mapping.matches(object)) {
        return map(mapping, object, original);
      }
    }
    return null;
  }

  private Mapped map(Mapping mapping, ObjectNode object, Supplier<byte[]> original) {
    try {
      Mapped mapped = withRoom(mapping.map(object, json), original);
      check(mapped, true);
      return mapped;
    } catch (JsltException | InvalidEventException e) {
      return raw(mapping.name(), original.get(), object, String.valueOf(e.getMessage()));
    }
  }

  /** With the beginning of the original in place of details that no entry has room for. */
  private Mapped withRoom(Mapped mapped, Supplier<byte[]> original) {
    JsonNode details = mapped.event().get("details");
    if (details != null
        && mapped.json().length > Details.MAX_BYTES
        && bytes(details).length > Details.MAX_BYTES) {
      mapped.event().set("details", beginning(json.createObjectNode(), original.get()));
    }
    return mapped;
  }

  private byte[] bytes(JsonNode event) {
    try {
      return json.writeValueAsBytes(event);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was read can be written as JSON", e);
    }
  }

  /**
   * An event that keeps another one raw, whole if it has room.
   *
   * @param failure why it is not mapped
   */
  public Mapped raw(JsonNode event, String failure) {
    return raw(null, bytes(event), event instanceof ObjectNode object ? object : null, failure);
  }

  /** An event that keeps the beginning of another one, its length and its hash. */
  public Mapped beginning(JsonNode event, String failure) {
    return raw(null, bytes(event), null, failure);
  }

  private static String reason(IOException e) {
    return e instanceof JsonProcessingException json ? JsonFault.of(json) : "is not JSON";
  }

  /** Fails if it is not valid. */
  private static void check(Mapped mapped, boolean truncate) {
    EventReader.Rules rules = new EventReader.Rules(1, truncate, false, Entry.LOCAL);
    var _ = EventReader.readOne(mapped.json(), rules);
  }

  /** An event that has the original in its details. */
  private Mapped raw(
      @Nullable String mapping, byte[] original, @Nullable ObjectNode object, String failure) {
    ObjectNode event = json.createObjectNode();
    event.put("event_type", UNMAPPED);
    ObjectNode details = event.putObject("details");
    if (mapping != null) {
      details.put("mapping", mapping);
    }
    details.put("failure", cut(failure, 1_000));
    if (object != null) {
      details.set("event", object);
      Mapped whole = new Mapped(mapping, event, List.of(), failure);
      try {
        check(whole, false);
        return whole;
      } catch (InvalidEventException e) {
        details.remove("event");
      }
    }
    beginning(details, original);
    return new Mapped(mapping, event, List.of(), failure);
  }

  /** Whether an event's details have all of another one, or its beginning. */
  public static boolean keepsOriginal(Event event) {
    return event.eventType().equals(UNMAPPED)
        || String.valueOf(event.details()).startsWith("{\"bytes\":");
  }

  private static ObjectNode beginning(ObjectNode details, byte[] original) {
    return details
        .put("bytes", original.length)
        .put("sha256", Sha256.hex(original))
        .put("text", cut(new String(original, UTF_8), KEPT_CHARACTERS));
  }

  /** The beginning of a text, without what no entry holds. */
  private static String cut(String text, int characters) {
    StringBuilder kept = new StringBuilder();
    text.codePoints()
        .limit(characters)
        .map(c ->
            c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) ? 0xFFFD : c)
        .forEach(kept::appendCodePoint);
    return kept.toString();
  }
}
