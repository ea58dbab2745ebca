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
import io.tallystick.entry.Entry;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Mappings to choose from: for each event, the first one that matches. An event that none matches,
 * or that can't be mapped, is not lost: it becomes an {@link #UNMAPPED} event with all of it in the
 * details, or with its beginning and SHA-256 where it has more than an entry can hold. Safe for any
 * number of threads.
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
          "keycloak");

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
    } catch (IOException e) {
      return raw(null, original, null, "it is not JSON: " + reason(e));
    }
    if (!(event instanceof ObjectNode object)) {
      return raw(null, original, null, "it is no JSON object");
    }
    for (Mapping mapping : mappings) {
      if (mapping.matches(object)) {
        return map(mapping, object, original);
      }
    }
    return raw(null, original, object, "no mapping matches it");
  }

  private Mapped map(Mapping mapping, ObjectNode object, byte[] original) {
    try {
      Mapped mapped = mapping.map(object, json);
      check(mapped, true);
      return mapped;
    } catch (JsltException | InvalidEventException e) {
      return raw(mapping.name(), original, object, String.valueOf(e.getMessage()));
    }
  }

  private static String reason(IOException e) {
    return e instanceof JsonProcessingException json
        ? json.getOriginalMessage()
        : String.valueOf(e.getMessage());
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
    details.put("bytes", original.length);
    details.put("sha256", HexFormat.of().formatHex(Sha256.of(original)));
    details.put("text", cut(new String(original, UTF_8), KEPT_CHARACTERS));
    return new Mapped(mapping, event, List.of(), failure);
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
