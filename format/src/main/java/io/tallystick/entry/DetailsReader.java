package io.tallystick.entry;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tallystick.text.Ascii;
import io.tallystick.text.CanonicalJson;
import io.tallystick.text.CanonicalWriter;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the details of an event into their canonical form. */
final class DetailsReader {
  /** So long may each text be where the details as a whole are too long, and are cut. */
  private static final int MAX_CUT_BYTES = 1_024;

  private final boolean truncate;
  private final int maxTextBytes;
  private boolean altered;

  /** The keys so far of each object that has not ended, the innermost first. */
  private final Deque<Set<String>> keys = new ArrayDeque<>();

  /**
   * A reader of one value.
   *
   * @param truncate whether to cut and clean texts instead of refusing them
   */
  DetailsReader(boolean truncate) {
    this(truncate, Integer.MAX_VALUE);
  }

  private DetailsReader(boolean truncate, int maxTextBytes) {
    this.truncate = truncate;
    this.maxTextBytes = maxTextBytes;
  }

  /** Whether what was read is not what was sent. */
  boolean isAltered() {
    return altered;
  }

  /**
   * The details whose first token is the parser's current one; {@code null} for JSON's null. Reads
   * the whole value even if it is refused, so that the fields after it can be checked too.
   *
   * @throws InvalidEventException with the field {@code details} if they are not valid
   */
  @Nullable Details read(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (in.currentToken() != JsonToken.START_OBJECT) {
      throw refused(
          "details must be a JSON object, but was " + FieldReader.name(in.currentToken()));
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
    byte[] canonical = out.toBytes();
    if (canonical.length > Details.MAX_BYTES && maxTextBytes > MAX_CUT_BYTES) {
      return cut(canonical);
    }
    if (altered
        && CanonicalJson.end(canonical, 0, canonical.length, Details.MAX_DEPTH)
            != canonical.length) {
      throw refused("details would have a key twice once NUL and lone surrogates are replaced");
    }
    return Details.ofCanonical(canonical);
  }

  private @Nullable Details cut(byte[] canonical) throws IOException {
    DetailsReader shorter = new DetailsReader(true, MAX_CUT_BYTES);
    altered = true;
    return EventReader.readDetails(canonical, shorter);
  }

  private void write(JsonParser in, JsonToken token, CanonicalWriter out) throws IOException {
    switch (token) {
      case START_OBJECT -> {
        keys.push(new HashSet<>());
        out.raw('{');
      }
      case START_ARRAY -> out.raw('[');
      case END_OBJECT -> {
        keys.pop();
        out.raw('}');
      }
      case END_ARRAY -> out.raw(']');
      case FIELD_NAME -> {
        String key = in.currentName();
        if (!keys.element().add(key)) {
          throw refused(
              "details have the key "
                  + Quoted.of(key)
                  + " twice in one object; send each key once");
        }
        string(out, key, Integer.MAX_VALUE);
        out.raw(':');
      }
      case VALUE_STRING -> string(out, in.getText(), maxTextBytes);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(out, in.getText());
      default -> out.raw(Ascii.bytes(in.getText()));
    }
  }

  private void check(int depth, int length) {
    if (depth > Details.MAX_DEPTH) {
      throw refused("details may be nested at most " + Details.MAX_DEPTH + " levels deep");
    }
    if (length > Details.MAX_BYTES && !truncate) {
      throw Details.tooLarge();
    }
  }

  private void string(CanonicalWriter out, String text, int maxBytes) {
    if (truncate) {
      String kept = Text.cut(Text.cleaned(text), maxBytes);
      altered |= !kept.equals(text);
      out.string(kept);
    } else {
      if (text.length() > Details.MAX_BYTES) {
        throw Details.tooLarge();
      }
      Text.check("details", text, EntryCodec.MAX_ENTRY_BYTES);
      out.string(text);
    }
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
