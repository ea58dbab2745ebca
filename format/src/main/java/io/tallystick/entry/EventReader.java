package io.tallystick.entry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads events as clients send them: JSON with any white space and any order of fields. Refuses
 * unknown fields, fields that the log sets, event types that only the log writes, a field that
 * appears twice, wrong types, text that is not well-formed UTF-8, and anything after the end.
 * {@code null} for an optional field means that it is absent. A refusal lists everything that is
 * wrong with every event, as far as the JSON can be read. All methods may be used by many threads.
 */
public final class EventReader {
  private static final String FIELDS =
      "event_type, actor_id, actor_username, actor_ip, user_agent, target_type, target_id, action,"
          + " occurred_at, request_id, details";

  /** So deep that the limit of details, which has the better message, comes first. */
  private static final int MAX_NESTING = 1_000;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          // The buffers of the default pool belong to a thread, and each request has a new one.
          .recyclerPool(JsonRecyclerPools.sharedConcurrentDequePool())
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_NESTING)
                  .maxNumberLength(Details.MAX_BYTES)
                  // The caller bounds the whole text, and each field its own.
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Details.MAX_BYTES)
                  .build())
          .build();

  private EventReader() {}

  /**
   * The events in a request's body.
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
    if (first(json) == '[') {
      throw new InvalidEventException(
          "(event)",
          "expected one event, a JSON object, but found an array; put each event on a line of its"
              + " own");
    }
    return readAny(json, 1).events().getFirst();
  }

  /** The first byte that is no white space; 0 if there is none. */
  private static byte first(byte[] json) {
    for (byte b : json) {
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return b;
      }
    }
    return 0;
  }

  /**
   * Events in a JSON array.
   *
   * @throws InvalidEventException with the index of each event that is refused
   * @throws BatchTooLargeException if there are more than {@code maxEvents}
   */
  public static List<Event> readArray(byte[] json, int maxEvents) {
    Batch batch = readAny(json, maxEvents);
    if (batch.single()) {
      throw new InvalidEventException(
          "(event)", "expected a JSON array of events, but found an object");
    }
    return batch.events();
  }

  /**
   * One event, a JSON object, or several in a JSON array.
   *
   * @throws InvalidEventException if it is anything else; with the index of each event that is
   *     refused
   * @throws BatchTooLargeException if there are more than {@code maxEvents}
   */
  public static Batch readAny(byte[] json, int maxEvents) {
    Event compact = CompactEvent.read(json, 0, json.length);
    return compact != null ? new Batch(List.of(compact), true) : parse(json, maxEvents);
  }

  /** Like {@link #readAny}, which calls it for whatever {@link CompactEvent} leaves to it. */
  static Batch parse(byte[] json, int maxEvents) {
    checkUtf8(json, 0, json.length);
    FaultList faults = new FaultList();
    List<Event> events = new ArrayList<>();
    boolean single = false;
    try (JsonParser parser = JSON.createParser(json)) {
      JsonToken first = parser.nextToken();
      single = first == JsonToken.START_OBJECT;
      if (single) {
        add(events, event(parser, faults));
      } else if (first == JsonToken.START_ARRAY) {
        array(parser, events, faults, maxEvents);
      } else {
        throw new InvalidEventException(
            "(event)",
            "expected an event, a JSON object, or a JSON array of events, but found "
                + (first == null ? "nothing" : JsonTokens.name(first)));
      }
      if (parser.nextToken() != null) {
        faults.add("(event)", () -> "expected one JSON value, but found more after its end");
      }
    } catch (JsonProcessingException e) {
      faults.add(notJson("(event)", e));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
    faults.throwIfAny();
    return new Batch(events, single);
  }

  private static void array(JsonParser parser, List<Event> events, FaultList faults, int maxEvents)
      throws IOException {
    int index = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (index == maxEvents) {
        throw new BatchTooLargeException(maxEvents);
      }
      faults.at(index++);
      add(events, event(parser, faults));
    }
    faults.at(-1);
    if (index == 0) {
      faults.add("(event)", () -> "the array is empty; send at least one event");
    }
  }

  private static void add(List<Event> events, @Nullable Event event) {
    if (event != null) {
      events.add(event);
    }
  }

  /**
   * Events as NDJSON, one on each line; lines of nothing but white space are skipped.
   *
   * @throws InvalidEventException with the index of each event that is refused
   * @throws BatchTooLargeException if there are more than {@code maxEvents}
   */
  public static List<Event> readLines(byte[] ndjson, int maxEvents) {
    FaultList faults = new FaultList();
    List<Event> events = new ArrayList<>();
    int index = 0;
    int from = 0;
    while (from < ndjson.length) {
      int to = from;
      while (to < ndjson.length && ndjson[to] != '\n') {
        to++;
      }
      if (!isBlank(ndjson, from, to)) {
        if (index == maxEvents) {
          throw new BatchTooLargeException(maxEvents);
        }
        faults.at(index++);
        try {
          Event compact = CompactEvent.read(ndjson, from, to);
          events.add(compact != null ? compact : readOne(Arrays.copyOfRange(ndjson, from, to)));
        } catch (InvalidEventException e) {
          faults.add(e);
        }
      }
      from = to + 1;
    }
    if (index == 0) {
      faults.add("(event)", () -> "there is no event; send at least one line");
    }
    faults.throwIfAny();
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
      Details details = DetailsReader.read(parser);
      if (details == null || parser.nextToken() != null) {
        throw new InvalidEventException("details", "details must be one JSON object");
      }
      return details;
    } catch (JsonProcessingException e) {
      throw new InvalidEventException(List.of(notJson("details", e)), 0);
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private static void checkUtf8(byte[] bytes, int from, int to) {
    int malformed = Utf8.firstMalformed(bytes, from, to);
    if (malformed >= 0) {
      throw new InvalidEventException(
          "(event)", "the JSON must be in UTF-8, but byte " + malformed + " is not well-formed");
    }
    if (to - from >= 3 && bytes[from] == (byte) 0xef && bytes[from + 1] == (byte) 0xbb) {
      throw new InvalidEventException(
          "(event)", "the JSON must be in UTF-8 without a byte order mark; leave the mark out");
    }
    if (to - from >= 2 && (bytes[from] == 0 || bytes[from + 1] == 0)) {
      throw new InvalidEventException(
          "(event)", "the JSON must be in UTF-8, but begins with a zero byte");
    }
  }

  private static InvalidEventException.Fault notJson(String field, JsonProcessingException e) {
    JsonLocation place = e.getLocation();
    return new InvalidEventException.Fault(
        -1,
        field,
        whyNotJson(e),
        place == null ? 0 : place.getLineNr(),
        place == null ? 0 : place.getColumnNr());
  }

  private static String whyNotJson(JsonProcessingException e) {
    if (e instanceof StreamConstraintsException) {
      return "the JSON is nested too deep, or a name or number in it is too long; details may be"
          + " nested at most "
          + Details.MAX_DEPTH
          + " levels deep and have at most "
          + Details.MAX_BYTES
          + " bytes";
    }
    if (String.valueOf(e.getOriginalMessage()).startsWith("Duplicate field")) {
      return "a field appears twice in one object; send each field once";
    }
    return "this is not JSON; send an event as a JSON object";
  }

  /** The event that begins here, or {@code null} if it has faults. Reads to its end either way. */
  private static @Nullable Event event(JsonParser in, FaultList faults) throws IOException {
    int before = faults.size();
    if (in.currentToken() != JsonToken.START_OBJECT) {
      JsonToken found = in.currentToken();
      faults.add(
          "(event)", () -> "an event must be a JSON object, but was " + JsonTokens.name(found));
      in.skipChildren();
      return null;
    }
    JsonToken type = null;
    Event.Builder event = Event.builder("");
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String field = in.currentName();
      in.nextToken();
      type = field.equals("event_type") ? in.currentToken() : type;
      try {
        read(in, field, event, faults);
      } catch (InvalidEventException e) {
        faults.add(e);
      }
      in.skipChildren();
    }
    if (type == null || type == JsonToken.VALUE_NULL) {
      faults.add("event_type", () -> "event_type is required, for instance auth.login.failed");
    }
    if (faults.size() == before) {
      try {
        return event.build();
      } catch (InvalidEventException e) {
        event.faults().forEach(faults::add);
        return null;
      }
    }
    // A type that is missing or no string has been reported already.
    boolean typed = type == JsonToken.VALUE_STRING;
    event.faults().stream()
        .filter(e -> typed || !e.field().equals("event_type"))
        .forEach(faults::add);
    return null;
  }

  private static void read(JsonParser in, String field, Event.Builder event, FaultList faults)
      throws IOException {
    switch (field) {
      case "event_type" -> {
        String type = string(in, field);
        event.eventType(type == null ? "" : type);
        if (type != null && EventType.isReserved(type)) {
          faults.add(field, () -> reserved(type));
        }
      }
      case "actor_id" -> event.actorId(id(in));
      case "actor_username" -> event.actorUsername(string(in, field));
      case "actor_ip" -> event.actorIp(string(in, field));
      case "user_agent" -> event.userAgent(string(in, field));
      case "target_type" -> event.targetType(string(in, field));
      case "target_id" -> event.targetId(string(in, field));
      case "action" -> event.action(string(in, field));
      case "occurred_at" -> event.occurredAt(string(in, field));
      case "request_id" -> event.requestId(string(in, field));
      case "details" -> event.details(DetailsReader.read(in));
      case "id", "previous_hash", "timestamp", "source", "hash" ->
          faults.add(field, () -> field + " is set by the log; leave it out");
      default ->
          faults.add(
              Quoted.of(field),
              () -> "unknown field " + Quoted.of(field) + "; supported fields: " + FIELDS);
    }
  }

  private static String reserved(String type) {
    return "event_type must not be audit or begin with audit., which only the log itself writes, but"
        + " was "
        + Quoted.of(type);
  }

  private static @Nullable String string(JsonParser in, String field) throws IOException {
    return switch (in.currentToken()) {
      case VALUE_STRING -> in.getText();
      case VALUE_NULL -> null;
      default ->
          throw new InvalidEventException(
              field, field + " must be a string, but was " + JsonTokens.name(in.currentToken()));
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
        // Beyond a long: refused below like every other wrong value.
      }
    }
    String what =
        in.currentToken().isNumeric()
            ? (in.getTextLength() <= 40 ? in.getText() : "a very long number")
            : JsonTokens.name(in.currentToken());
    throw new InvalidEventException("actor_id", Event.ACTOR_ID + ", but was " + what);
  }
}
