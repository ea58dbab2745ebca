package io.tallystick.entry;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads the details of an event into their canonical form. */
final class DetailsReader {
  private DetailsReader() {}

  /**
   * The details whose first token is the parser's current one; {@code null} for JSON's null. Reads
   * the whole value even if it is refused, so that the fields after it can be checked too.
   *
   * @throws InvalidEventException with the field {@code details} if they are not valid
   */
  static @Nullable Details read(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (in.currentToken() != JsonToken.START_OBJECT) {
      throw refused("details must be a JSON object, but was " + JsonTokens.name(in.currentToken()));
    }
    CanonicalWriter out = new CanonicalWriter(256);
    InvalidEventException refusal = null;
    int depth = 0;
    boolean separate = false;
    do {
      JsonToken token = in.currentToken();
      boolean opening = token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY;
      boolean closing = token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY;
      depth += opening ? 1 : closing ? -1 : 0;
      if (refusal != null) {
        continue;
      }
      if (separate && !closing) {
        out.raw(',');
      }
      separate = !opening && token != JsonToken.FIELD_NAME;
      try {
        write(in, token, out);
        check(depth, out.length());
      } catch (InvalidEventException e) {
        refusal = e;
      }
    } while (depth > 0 && in.nextToken() != null);
    if (refusal != null) {
      throw refusal;
    }
    return Details.ofCanonical(out.toBytes());
  }

  private static void write(JsonParser in, JsonToken token, CanonicalWriter out)
      throws IOException {
    switch (token) {
      case START_OBJECT -> out.raw('{');
      case START_ARRAY -> out.raw('[');
      case END_OBJECT -> out.raw('}');
      case END_ARRAY -> out.raw(']');
      case FIELD_NAME -> {
        string(out, in.currentName());
        out.raw(':');
      }
      case VALUE_STRING -> string(out, in.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(out, in.getText());
      default -> out.raw(Ascii.bytes(in.getText()));
    }
  }

  private static void check(int depth, int length) {
    if (depth > Details.MAX_DEPTH) {
      throw refused("details may be nested at most " + Details.MAX_DEPTH + " levels deep");
    }
    if (length > Details.MAX_BYTES) {
      throw Details.tooLarge();
    }
  }

  private static void string(CanonicalWriter out, String text) {
    if (text.length() > Details.MAX_BYTES) {
      throw Details.tooLarge();
    }
    Text.check("details", text, EntryCodec.MAX_ENTRY_BYTES);
    out.string(text);
  }

  private static void number(CanonicalWriter out, String text) {
    if (!CanonicalJson.isNumber(text)) {
      throw refused(
          "a number in details must fit into a 64-bit floating-point number, but was "
              + Quoted.of(text));
    }
    out.raw(Ascii.bytes(text));
  }

  private static InvalidEventException refused(String message) {
    return new InvalidEventException("details", message);
  }
}
