package io.tallystick.entry;

import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

/** Names of JSON values for messages. */
final class JsonTokens {
  private JsonTokens() {}

  /** What begins with this token, for instance {@code an array}. */
  static String name(@Nullable JsonToken token) {
    return switch (token) {
      case null -> "missing";
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_TRUE, VALUE_FALSE -> "true or false";
      case VALUE_NULL -> "null";
      default -> "something else";
    };
  }
}
