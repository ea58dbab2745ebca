package io.tallystick.forward.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a JSON record has what tells which entry it is. A place is a name, or names joined by dots
 * for what is further in; a name that has dots itself is found too. Immutable.
 *
 * @param id place of the entry's id
 * @param seq place of its {@code seq}; {@code null} if records have none
 * @param hash place of its hash; {@code null} if records have none
 * @param body place of the record as it was sent; {@code .} for all of it, {@code null} if it is
 *     not there
 */
public record Places(
    String id, @Nullable String seq, @Nullable String hash, @Nullable String body) {
  private static final List<String> NAMES = List.of("id", "seq", "hash", "body");

  /** What every marker says somewhere. */
  private static final String MARKER = "audit.forward.marker";

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(200).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  /**
   * Places as a person writes them: {@code id=…,seq=…,hash=…,body=…}, of which {@code id} must be
   * there.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  public static Places parse(String text) {
    Map<String, String> given = new HashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      String place = equals < 0 ? "" : part.substring(equals + 1);
      if (!NAMES.contains(name) || place.isEmpty() || given.put(name, place) != null) {
        throw new IllegalArgumentException(
            "map must be id=…,seq=…,hash=…,body=…, each at most once with the name of a field or"
                + " column, but has "
                + Quoted.of(part));
      }
    }
    String id = given.get("id");
    if (id == null) {
      throw new IllegalArgumentException("map must say where the id is, as in id=event.sequence");
    }
    return new Places(id, given.get("seq"), given.get("hash"), given.get("body"));
  }

  /**
   * What a record says; empty for a marker. One that is no JSON object says nothing: it has no id.
   */
  public Optional<Held> read(byte[] record) {
    JsonNode root = parse(record);
    if (root == null) {
      return Optional.of(new Held(0, 0, "", record));
    }
    JsonNode number = at(root, id);
    if (number == null && isMarker(root)) {
      return Optional.empty();
    }
    JsonNode digest = hash == null ? null : at(root, hash);
    return Optional.of(
        new Held(
            number(number),
            seq == null ? 0 : number(at(root, seq)),
            digest == null ? "" : digest.asText(),
            body(root, record)));
  }

  /**
   * Whether a text of the object says so. What is in arrays does not count: that may be a whole
   * answer, with all records in one object.
   */
  private static boolean isMarker(JsonNode object) {
    for (JsonNode value : object) {
      if (value.isTextual()
          ? value.textValue().contains(MARKER)
          : value.isObject() && isMarker(value)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a record says, where this has it, which entry it is. */
  boolean identify(Held record) {
    return record.id() > 0
        && (seq == null || record.seq() > 0)
        && (hash == null || !record.hash().isEmpty());
  }

  /** The places of what tells which entry a record is, as a person writes them. */
  String identity() {
    return "id="
        + id
        + (seq == null ? "" : ", seq=" + seq)
        + (hash == null ? "" : ", hash=" + hash);
  }

  private byte @Nullable [] body(JsonNode root, byte[] record) {
    if (body == null) {
      return null;
    }
    if (body.equals(".")) {
      return record;
    }
    JsonNode part = at(root, body);
    if (part == null) {
      return null;
    }
    return (part.isTextual() ? part.textValue() : part.toString()).getBytes(UTF_8);
  }

  /** A JSON object; {@code null} if the bytes are something else. */
  public static @Nullable JsonNode parse(byte[] bytes) {
    try {
      JsonNode root = JSON.readTree(bytes);
      return root != null && root.isObject() ? root : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** The number in a text or number; 0 if it is none. */
  static long number(@Nullable JsonNode value) {
    return value == null || !value.isValueNode() ? 0 : number(value.asText());
  }

  static long number(String text) {
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
  }

  private static @Nullable JsonNode at(JsonNode object, String place) {
    JsonNode whole = object.get(place);
    if (whole != null) {
      return whole;
    }
    for (int dot = place.indexOf('.'); dot > 0; dot = place.indexOf('.', dot + 1)) {
      JsonNode inner = object.get(place.substring(0, dot));
      if (inner != null) {
        return at(inner, place.substring(dot + 1));
      }
    }
    return null;
  }
}
