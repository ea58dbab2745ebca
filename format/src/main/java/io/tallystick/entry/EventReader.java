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
import io.tallystick.text.Utf8;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads events as clients send them: JSON with any white space and any order of fields. Refuses
 * unknown fields, fields that the log sets, event types that only the log writes, a field that
 * appears twice, wrong types, text that is not well-formed UTF-8, and anything after the end.
 * {@code null} for an optional field means that it is absent. A refusal lists everything that is
 * wrong with every event, as far as the JSON can be read. All methods may be used by many threads.
 */
public final class EventReader {
  /** So deep that the limit of details, which has the better message, comes first. */
  private static final int MAX_NESTING = 1_000;

  private static final JsonFactory JSON =
      JsonFactory.builder()
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

  /** The fields that a key can stamp on its events: whose they are, which a client may not say. */
  public static final List<EntryField> STAMPED = List.of(EntryField.TENANT);

  private EventReader() {}

  /**
   * How a request's events are read.
   *
   * @param maxEvents most events in it
   * @param truncate whether texts that are too long are cut, and NUL, lone surrogates and malformed
   *     addresses replaced, instead of being refused ({@link Event#altered})
   * @param partial whether bad events of a batch are left out, instead of the batch being refused
   * @param source that the entries will have, so that each event has room in one
   * @param stamp what each event must have in these fields of {@link #STAMPED}; one that has
   *     nothing there gets it
   */
  public record Rules(
      int maxEvents,
      boolean truncate,
      boolean partial,
      @Nullable String source,
      Map<EntryField, String> stamp) {
    /** The same without a stamp. */
    public Rules(int maxEvents, boolean truncate, boolean partial, @Nullable String source) {
      this(maxEvents, truncate, partial, source, Map.of());
    }

    /** Everything has to be right. */
    public static Rules strict(int maxEvents) {
      return new Rules(maxEvents, false, false, null);
    }

    /**
     * The event with the stamp.
     *
     * @throws InvalidEventException if it has another value there, or does not fit into an entry
     */
    private Event stamped(Event event) {
      Event stamped = event.stamped(stamp);
      EntryCodec.checkSize(stamped, source);
      return stamped;
    }
  }

  /**
   * The events in a request's body.
   *
   * @param events the good ones; at least one unless some were rejected
   * @param single whether it was one event and not an array
   * @param rejected what is wrong with each event that is left out, by its position from 0; for
   *     each at least the first fault
   */
  public record Batch(
      List<Event> events,
      boolean single,
      SortedMap<Integer, List<InvalidEventException.Fault>> rejected) {
    public Batch {
      events = List.copyOf(events);
      rejected = Collections.unmodifiableSortedMap(new TreeMap<>(rejected));
    }

    private Batch(List<Event> events, boolean single) {
      this(events, single, new TreeMap<>());
    }

    /**
     * The batch without some of its events.
     *
     * @param field that is at fault
     * @param reasons why they are left out, by their place among the good events
     */
    public Batch without(String field, SortedMap<Integer, String> reasons) {
      List<Integer> positions = positions();
      List<Event> left = new ArrayList<>();
      SortedMap<Integer, List<InvalidEventException.Fault>> more = new TreeMap<>(rejected);
      for (int i = 0; i < events.size(); i++) {
        String reason = reasons.get(i);
        if (reason == null) {
          left.add(events.get(i));
        } else {
          int at = positions.get(i);
          more.put(at, List.of(new InvalidEventException.Fault(at, field, reason, 0, 0)));
        }
      }
      return new Batch(left, single, more);
    }

    /** The position in the request, from 0, of each event. */
    public List<Integer> positions() {
      List<Integer> positions = new ArrayList<>(events.size());
      for (int at = 0; positions.size() < events.size(); at++) {
        if (!rejected.containsKey(at)) {
          positions.add(at);
        }
      }
      return positions;
    }
  }

  /**
   * One event, a JSON object.
   *
   * @throws InvalidEventException if it is anything else
   */
  public static Event readOne(byte[] json) {
    return readOne(json, Rules.strict(1));
  }

  /** The same by other rules. */
  public static Event readOne(byte[] json, Rules rules) {
    Event compact = CompactEvent.read(json, 0, json.length);
    if (compact != null) {
      return rules.stamped(compact);
    }
    if (first(json) == '[') {
      throw new InvalidEventException(
          "(event)",
          "expected one event, a JSON object, but found an array; put each event on a line of its"
              + " own");
    }
    return parse(json, rules).events().getFirst();
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
    return readAny(json, Rules.strict(maxEvents));
  }

  /** The same by other rules. */
  public static Batch readAny(byte[] json, Rules rules) {
    Event compact = CompactEvent.read(json, 0, json.length);
    if (compact == null) {
      return parse(json, rules);
    }
    return new Batch(List.of(rules.stamped(compact)), true);
  }

  /** Like {@link #readAny}, which calls it for whatever {@link CompactEvent} leaves to it. */
  static Batch parse(byte[] json, Rules rules) {
    checkUtf8(json, 0, json.length);
    FaultList faults = new FaultList();
    List<Event> events = new ArrayList<>();
    boolean single = false;
    boolean readable = true;
    try (JsonParser parser = JSON.createParser(json)) {
      JsonToken first = parser.nextToken();
      single = first == JsonToken.START_OBJECT;
      if (single) {
        add(events, event(parser, faults, rules));
      } else if (first == JsonToken.START_ARRAY) {
        array(parser, events, faults, rules);
      } else {
        throw new InvalidEventException(
            "(event)",
            "expected an event, a JSON object, or a JSON array of events, but found "
                + (first == null ? "nothing" : FieldReader.name(first)));
      }
      if (parser.nextToken() != null) {
        faults.add("(event)", () -> "expected one JSON value, but found more after its end");
      }
    } catch (JsonProcessingException e) {
      readable = false;
      faults.add(notJson("(event)", e));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
    return batch(events, single, faults, rules.partial() && readable);
  }

  private static Batch batch(
      List<Event> events, boolean single, FaultList faults, boolean partial) {
    if (partial) {
      faults.throwIfOfBatch();
    } else {
      faults.throwIfAny();
    }
    return new Batch(events, single, faults.byEvent());
  }

  private static void array(JsonParser parser, List<Event> events, FaultList faults, Rules rules)
      throws IOException {
    int index = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (index == rules.maxEvents()) {
        throw new BatchTooLargeException(rules.maxEvents());
      }
      faults.at(index++);
      add(events, event(parser, faults, rules));
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
    return readLines(ndjson, Rules.strict(maxEvents)).events();
  }

  /** The same by other rules. A line that is not JSON is one event that is wrong. */
  public static Batch readLines(byte[] ndjson, Rules rules) {
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
        if (index == rules.maxEvents()) {
          throw new BatchTooLargeException(rules.maxEvents());
        }
        faults.at(index++);
        try {
          Event compact = CompactEvent.read(ndjson, from, to);
          events.add(
              compact == null
                  ? readOne(Arrays.copyOfRange(ndjson, from, to), rules)
                  : rules.stamped(compact));
        } catch (InvalidEventException e) {
          faults.add(e);
        }
      }
      from = to + 1;
    }
    if (index == 0) {
      faults.add("(event)", () -> "there is no event; send at least one line");
    }
    return batch(events, false, faults, rules.partial());
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
    return readDetails(json, new DetailsReader(false));
  }

  static Details readDetails(byte[] json, DetailsReader reader) {
    checkUtf8(json, 0, json.length);
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      Details details = reader.read(parser);
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
    return "this is not JSON; send an event as a JSON object";
  }

  /** The event that begins here, or {@code null} if it has faults. Reads to its end either way. */
  private static @Nullable Event event(JsonParser in, FaultList faults, Rules rules)
      throws IOException {
    int before = faults.size();
    if (in.currentToken() != JsonToken.START_OBJECT) {
      JsonToken found = in.currentToken();
      faults.add(
          "(event)", () -> "an event must be a JSON object, but was " + FieldReader.name(found));
      in.skipChildren();
      return null;
    }
    JsonToken type = null;
    Set<String> names = new HashSet<>();
    Event.Builder event = Event.builder("");
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = in.currentName();
      in.nextToken();
      type = name.equals("event_type") ? in.currentToken() : type;
      try {
        if (!names.add(name)) {
          throw FieldReader.repeated(name);
        }
        FieldReader.read(in, name, event, rules.truncate());
      } catch (InvalidEventException e) {
        faults.add(e);
      }
      in.skipChildren();
    }
    if (type == null || type == JsonToken.VALUE_NULL) {
      faults.add("event_type", () -> "event_type is required, for instance auth.login.failed");
    }
    if (rules.truncate()) {
      event.truncate();
    }
    if (faults.size() == before) {
      try {
        return rules.stamped(event.build());
      } catch (InvalidEventException e) {
        List<InvalidEventException> all = event.faults();
        (all.isEmpty() ? List.of(e) : all).forEach(faults::add);
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
}
