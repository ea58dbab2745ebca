package io.tallystick.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * As much of JSON Schema as openapi.json uses, and stricter in one thing: a field that is not
 * described is wrong.
 */
public final class JsonSchema {
  private final JsonNode document;

  /**
   * @param document that references point into
   */
  public JsonSchema(JsonNode document) {
    this.document = document;
  }

  /** The schema itself, where it is a reference to one. */
  public JsonNode resolve(JsonNode schema) {
    JsonNode reference = schema.get("$ref");
    return reference == null ? schema : resolve(document.at(reference.asText().substring(1)));
  }

  /** What is wrong with the value, each with its place; empty if nothing is. */
  public List<String> faults(JsonNode schema, JsonNode value) {
    List<String> faults = new ArrayList<>();
    check(schema, value, "", faults);
    if (value.isObject()) {
      undescribed(schema, value, "", faults);
    }
    return faults;
  }

  private void check(JsonNode reference, JsonNode value, String at, List<String> faults) {
    JsonNode schema = resolve(reference);
    schema.path("allOf").forEach(part -> check(part, value, at, faults));
    for (String choice : List.of("oneOf", "anyOf")) {
      if (schema.has(choice)) {
        chosen(schema.get(choice), value, at, faults);
      }
    }
    if (schema.has("type") && !isOfType(schema.get("type"), value)) {
      faults.add(at + " is " + value.getNodeType() + ", not " + schema.get("type"));
      return;
    }
    if (schema.has("enum") && !contains(schema.get("enum"), value)) {
      faults.add(at + " is " + value + ", not one of " + schema.get("enum"));
    }
    if (value.isTextual()
        && schema.has("pattern")
        && !Pattern.compile(schema.get("pattern").asText()).matcher(value.asText()).find()) {
      faults.add(at + " is " + value + ", not like " + schema.get("pattern"));
    }
    if (value.isNumber()
        && schema.has("minimum")
        && value.asLong() < schema.get("minimum").asLong()) {
      faults.add(at + " is " + value + ", below " + schema.get("minimum"));
    }
    for (JsonNode name : schema.path("required")) {
      if (value.isObject() && !value.has(name.asText())) {
        faults.add(at + " lacks " + name);
      }
    }
    for (int i = 0; value.isArray() && schema.has("items") && i < value.size(); i++) {
      check(schema.get("items"), value.get(i), at + "/" + i, faults);
      undescribed(schema.get("items"), value.get(i), at + "/" + i, faults);
    }
    for (Map.Entry<String, JsonNode> field : value.properties()) {
      JsonNode described = schema.path("properties").get(field.getKey());
      if (described == null && schema.path("additionalProperties").isObject()) {
        described = schema.get("additionalProperties");
      }
      if (described != null) {
        String place = at + "/" + field.getKey();
        check(described, field.getValue(), place, faults);
        undescribed(described, field.getValue(), place, faults);
      }
    }
  }

  /** Of several, the one with the fewest faults is taken to be the one that was meant. */
  private void chosen(JsonNode schemas, JsonNode value, String at, List<String> faults) {
    List<String> fewest = null;
    for (JsonNode schema : schemas) {
      List<String> these = new ArrayList<>();
      check(schema, value, at, these);
      fewest = fewest == null || these.size() < fewest.size() ? these : fewest;
    }
    faults.addAll(fewest == null ? List.of() : fewest);
  }

  private void undescribed(JsonNode schema, JsonNode value, String at, List<String> faults) {
    Set<String> names = new HashSet<>();
    if (value.isObject() && describes(schema, names)) {
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        if (!names.contains(field.getKey())) {
          faults.add(at + "/" + field.getKey() + " is not described");
        }
      }
    }
  }

  /** Collects the fields of an object's schema; {@code false} if it takes any. */
  private boolean describes(JsonNode reference, Set<String> names) {
    JsonNode schema = resolve(reference);
    boolean any = schema.has("properties");
    schema.path("properties").fieldNames().forEachRemaining(names::add);
    for (String parts : List.of("allOf", "oneOf", "anyOf")) {
      for (JsonNode part : schema.path(parts)) {
        any |= describes(part, names);
      }
    }
    return any;
  }

  private static boolean contains(JsonNode values, JsonNode value) {
    for (JsonNode one : values) {
      if (one.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOfType(JsonNode type, JsonNode value) {
    if (type.isArray()) {
      for (JsonNode one : type) {
        if (isOfType(one, value)) {
          return true;
        }
      }
      return false;
    }
    return switch (type.asText()) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "boolean" -> value.isBoolean();
      case "null" -> value.isNull();
      default -> throw new IllegalArgumentException("no type " + type);
    };
  }
}
