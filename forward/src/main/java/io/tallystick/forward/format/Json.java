package io.tallystick.forward.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import org.jspecify.annotations.Nullable;

/** JSON as the formats write it: absent values are left out, details stand as they are stored. */
final class Json {
  private static final JsonMapper MAPPER = new JsonMapper();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static void text(ObjectNode object, String name, @Nullable String text) {
    if (text != null) {
      object.put(name, text);
    }
  }

  /** Canonical JSON as it is, so that no number changes its form. */
  static void raw(ObjectNode object, String name, @Nullable String json) {
    if (json != null) {
      object.putRawValue(name, new RawValue(json));
    }
  }

  static JsonNode tree(@Nullable String json) {
    try {
      return json == null ? MissingNode.getInstance() : MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("details that are no JSON", e);
    }
  }

  static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a tree that is no JSON", e);
    }
  }
}
