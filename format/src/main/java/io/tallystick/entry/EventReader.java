package io.tallystick.entry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads events as clients send them: JSON with any white space and any order of fields, and nothing
 * beyond that. Not taken are unknown fields, fields that the log sets, a field twice, wrong types,
 * text that is not well-formed UTF-8, and anything after the end. {@code null} for a field that may
 * be absent means that it is absent. All methods may be used by many threads.
 */
public final class EventReader {
  private static final String FIELDS =
      "event_type, actor_id, actor_username, actor_ip, user_agent, target_type, target_id, action, occurred_at, request_id,"
          + " details";

  private static final int MAX_NESTING = Details.MAX_DEPTH + 2;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_NESTING)
                  .maxNumberLength(Details.MAX_BYTES)
                  .maxStringLength(EntryCodec.MAX_ENTRY_BYTES)
                  .maxNameLength(Details.MAX_BYTES)
                  .build())
          .build();

  private EventReader() {}

  /**
   * What a request's body held.
   *
   * @param events at least one
   * @param single whether it was one event and not an array
   */
  public record Batch(List<Event> events, boolean single) {
    public Batch {
      events = List.copyOf(events);
    }
  }

  /**
   * One event, a JSON object.
   *
   * @throws InvalidEventException if it is anything else
   */
  public static Event readOne(byte[] json) {
    Batch batch = readAny(json, 1);
    if (!batch.single()) {
      throw new InvalidEventException("(event)", "taken is one event, a JSON object, not an array");
    }
    return batch.events().getFirst();
  }

  /**
   * Events in a JSON array.
   *
   * @throws InvalidEventException with the index of the first one that is not taken
   * @throws BatchTooLargeException if there are more than {@code maxEvents}
   */
  public static List<Event> readArray(byte[] json, int maxEvents) {
    Batch batch = readAny(json, maxEvents);
    if (batch.single()) {
      throw new InvalidEventException("(event)", "taken is a JSON array of events");
    }
    return batch.events();
  }

  /**
   * One event, a JSON object, or several in a JSON array.
   *
   * @throws InvalidEventException if it is anything else; with the index of the event where there
   *     is one
   * @throws BatchTooLargeException if there are more than {@code maxEvents}
   */
  public static Batch readAny(byte[] json, int maxEvents) {
    checkUtf8(json, 0, json.length);
    List<Event> events = new ArrayList<>();
    int index = -1;
    try (JsonParser parser = JSON.createParser(json)) {
      JsonToken first = parser.nextToken();
      boolean single = first == JsonToken.START_OBJECT;
      if (single) {
        events.add(event(parser));
      } else if (first == JsonToken.START_ARRAY) {
        index = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          if (events.size() == maxEvents) {
            throw new BatchTooLargeException(maxEvents);
          }
          events.add(event(parser));
          index++;
        }
        index = -1;
      } else {
        throw new InvalidEventException(
            "(event)", "taken is an event, a JSON object, or a JSON array of events");
      }
      expectEnd(parser);
      if (events.isEmpty()) {
        throw new InvalidEventException(
            "(event)", "the array is empty; taken is at least one event");
      }
      return new Batch(events, single);
    } catch (InvalidEventException e) {
      throw index < 0 || e.index() >= 0 ? e : e.at(index);
    } catch (JsonProcessingException e) {
      InvalidEventException refusal = notJson(e);
      throw index < 0 ? refusal : refusal.at(index);
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  /**
   * Events as NDJSON: one a line, lines of nothing but white space passed over.
   *
   * @throws InvalidEventException with the index of the first one that is not taken
   * @throws BatchTooLargeException if there are more than {@code maxEvents}
   */
  public static List<Event> readLines(byte[] ndjson, int maxEvents) {
    List<Event> events = new ArrayList<>();
    int from = 0;
    while (from < ndjson.length) {
      int to = from;
      while (to < ndjson.length && ndjson[to] != '\n') {
        to++;
      }
      if (!isBlank(ndjson, from, to)) {
        if (events.size() == maxEvents) {
          throw new BatchTooLargeException(maxEvents);
        }
        try {
          events.add(readOne(Arrays.copyOfRange(ndjson, from, to)));
        } catch (InvalidEventException e) {
          throw e.at(events.size());
        }
      }
      from = to + 1;
    }
    if (events.isEmpty()) {
      throw new InvalidEventException("(event)", "there is no event; taken is at least one line");
    }
    return events;
  }

  private static boolean isBlank(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
        return false;
      }
    }
    return true;
  }

  /** Details, a JSON object, see {@link Details#parse}. */
  static Details readDetails(byte[] json) {
    checkUtf8(json, 0, json.length);
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      Details details = details(parser);
      expectEnd(parser);
      if (details == null) {
        throw new InvalidEventException("details", "details is null; taken is a JSON object");
      }
      return details;
    } catch (JsonProcessingException e) {
      throw new InvalidEventException("details", notJson(e).getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private static void checkUtf8(byte[] bytes, int from, int to) {
    int malformed = Utf8.firstMalformed(bytes, from, to);
    if (malformed >= 0) {
      throw new InvalidEventException(
          "(event)", "byte " + malformed + " is not well-formed UTF-8; taken is JSON in UTF-8");
    }
    if (to - from >= 3 && bytes[from] == (byte) 0xef && bytes[from + 1] == (byte) 0xbb) {
      throw new InvalidEventException(
          "(event)", "the text begins with a byte order mark; taken is JSON in UTF-8 without one");
    }
    if (to - from >= 2 && (bytes[from] == 0 || bytes[from + 1] == 0)) {
      throw new InvalidEventException(
          "(event)", "the text begins with a zero byte; taken is JSON in UTF-8");
    }
  }

  private static void expectEnd(JsonParser parser) throws IOException {
    if (parser.nextToken() != null) {
      throw new InvalidEventException(
          "(event)", "there is more after the end of the JSON value; taken is one value");
    }
  }

  private static InvalidEventException notJson(JsonProcessingException e) {
    String message = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
    String refusal;
    if (e instanceof StreamConstraintsException) {
      refusal =
          "too deep or too long: "
              + Text.quote(message)
              + "; details may be nested "
              + Details.MAX_DEPTH
              + " deep, an entry has at most "
              + EntryCodec.MAX_ENTRY_BYTES
              + " bytes";
    } else if (message.startsWith("Duplicate field")) {
      refusal = "a field stands twice in one object; taken is each field once";
    } else {
      refusal = "this is not JSON; taken is an event as a JSON object";
    }
    JsonLocation place = e.getLocation();
    return place == null
        ? new InvalidEventException("(event)", refusal)
        : new InvalidEventException("(event)", refusal, place.getLineNr(), place.getColumnNr());
  }

  private static Event event(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      throw new InvalidEventException(
          "(event)", "an event is a JSON object, not " + name(in.currentToken()));
    }
    String eventType = null;
    Event.Builder event = Event.builder("");
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String field = in.currentName();
      in.nextToken();
      switch (field) {
        case "event_type" -> eventType = string(in, field);
        case "actor_id" -> event.actorId(id(in));
        case "actor_username" -> event.actorUsername(string(in, field));
        case "actor_ip" -> event.actorIp(string(in, field));
        case "user_agent" -> event.userAgent(string(in, field));
        case "target_type" -> event.targetType(string(in, field));
        case "target_id" -> event.targetId(string(in, field));
        case "action" -> event.action(string(in, field));
        case "occurred_at" -> event.occurredAt(string(in, field));
        case "request_id" -> event.requestId(string(in, field));
        case "details" -> event.details(details(in));
        case "id", "previous_hash", "timestamp", "source", "hash" ->
            throw new InvalidEventException(
                field, field + " is set by the log and not taken from a client; leave it out");
        default ->
            throw new InvalidEventException(
                Text.quote(field), Text.quote(field) + " is not a field; the fields are " + FIELDS);
      }
    }
    if (eventType == null) {
      throw new InvalidEventException(
          "event_type", "event_type is missing; it is required, for instance auth.login.failed");
    }
    return event.eventType(eventType).build();
  }

  private static @Nullable String string(JsonParser in, String field) throws IOException {
    return switch (in.currentToken()) {
      case VALUE_STRING -> in.getText();
      case VALUE_NULL -> null;
      default ->
          throw new InvalidEventException(
              field, field + " is " + name(in.currentToken()) + "; taken is a string");
    };
  }

  private static @Nullable Long id(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (in.currentToken() == JsonToken.VALUE_NUMBER_INT && in.getTextLength() <= 20) {
      try {
        long id = Long.parseLong(in.getText());
        if (id >= 0) {
          return id;
        }
      } catch (NumberFormatException e) {
        // Beyond a long: refused below like every other value that is not taken.
      }
    }
    String what =
        in.currentToken().isNumeric()
            ? (in.getTextLength() <= 40 ? in.getText() : "a very long number")
            : name(in.currentToken());
    throw new InvalidEventException(
        "actor_id", "actor_id is " + what + "; taken is a whole number from 0 to 2^63-1");
  }

  private static @Nullable Details details(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (in.currentToken() != JsonToken.START_OBJECT) {
      throw new InvalidEventException(
          "details", "details is " + name(in.currentToken()) + "; taken is a JSON object");
    }
    CanonicalWriter out = new CanonicalWriter(256);
    int depth = 0;
    boolean separate = false;
    do {
      JsonToken token = in.currentToken();
      boolean closing = token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY;
      if (separate && !closing) {
        out.raw(',');
      }
      separate = true;
      switch (token) {
        case START_OBJECT, START_ARRAY -> {
          out.raw(token == JsonToken.START_OBJECT ? '{' : '[');
          separate = false;
          if (++depth > Details.MAX_DEPTH) {
            throw new InvalidEventException(
                "details",
                "details is nested deeper than the "
                    + Details.MAX_DEPTH
                    + " levels that are taken");
          }
        }
        case END_OBJECT, END_ARRAY -> {
          out.raw(token == JsonToken.END_OBJECT ? '}' : ']');
          depth--;
        }
        case FIELD_NAME -> {
          string(out, in.currentName());
          out.raw(':');
          separate = false;
        }
        case VALUE_STRING -> string(out, in.getText());
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(out, in.getText());
        default -> out.raw(Ascii.bytes(in.getText()));
      }
      if (out.length() > Details.MAX_BYTES) {
        throw new InvalidEventException(
            "details", "details has more than the " + Details.MAX_BYTES + " bytes that are taken");
      }
    } while (depth > 0 && in.nextToken() != null);
    return Details.ofCanonical(out.toBytes());
  }

  private static void string(CanonicalWriter out, String text) {
    Text.check("details", text, EntryCodec.MAX_ENTRY_BYTES);
    out.string(text);
  }

  private static void number(CanonicalWriter out, String text) {
    if (!CanonicalJson.isNumber(text)) {
      throw new InvalidEventException(
          "details",
          "details holds the number "
              + Text.quote(text)
              + "; taken are numbers that a 64-bit floating-point number can hold");
    }
    out.raw(Ascii.bytes(text));
  }

  private static String name(@Nullable JsonToken token) {
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
