package io.tallystick.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.ingest.mapping.Mapped;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.tlog.Sha256;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What makes events of the documents of another system. Each document becomes one event, and none
 * is lost: what can't be mapped is kept raw, as {@link Mappings#UNMAPPED}, and where even that has
 * no room in an entry, its beginning is, with its length and SHA-256. Counts what became of them.
 * Safe for any number of threads.
 */
public final class Intake {
  private static final int HASH_DIGITS = 32;
  private static final String ENVELOPE = "envelope";

  private final @Nullable String name;
  private final Mappings mappings;
  private final LongAdder mapped = new LongAdder();
  private final LongAdder altered = new LongAdder();
  private final LongAdder raw = new LongAdder();

  /**
   * What another system sent.
   *
   * @param content all of it
   * @param eventId by which the protocol knows it, so that it is not appended twice; {@code null}
   *     if it has none
   * @param payload the field of the content that has the event itself, where the protocol puts an
   *     envelope around events of any kind; {@code null} if the content is the event
   */
  public record Document(JsonNode content, @Nullable String eventId, @Nullable String payload) {
    /** An event without an envelope. */
    public Document(JsonNode content, @Nullable String eventId) {
      this(content, eventId, null);
    }
  }

  /**
   * What became of the documents so far.
   *
   * @param mapped of which a mapping made an event
   * @param altered how many of those have a field that was cut or cleaned
   * @param raw that were kept raw, whole or in part
   */
  public record Counts(long mapped, long altered, long raw) {}

  /**
   * An intake that uses these mappings.
   *
   * @param name put before the ids of its events, so that no two senders have the same; {@code
   *     null} for none
   */
  public Intake(@Nullable String name, Mappings mappings) {
    this.name = name;
    this.mappings = mappings;
  }

  /**
   * The event that a document becomes.
   *
   * @param source name of the key that its entry will have; {@code null} for none
   * @param stamp what the event has in these fields, see {@link EventReader.Rules}
   */
  public Event read(Document document, @Nullable String source, Map<EntryField, String> stamp) {
    EventReader.Rules rules = new EventReader.Rules(1, true, false, source, stamp);
    Mapped found = map(document);
    if (found.isRaw()) {
      return raw(document, String.valueOf(found.failure()), rules);
    }
    try {
      Event event = read(found, document, rules);
      mapped.increment();
      if (!event.altered().isEmpty()) {
        altered.increment();
      }
      return event;
    } catch (InvalidEventException e) {
      return raw(document, String.valueOf(e.getMessage()), rules);
    }
  }

  /**
   * The event that keeps a document raw: for one whose event, as {@link #read} made it, can't be
   * appended.
   *
   * @param failure why it can't
   */
  public Event keepRaw(
      Document document, String failure, @Nullable String source, Map<EntryField, String> stamp) {
    mapped.decrement();
    return raw(document, failure, new EventReader.Rules(1, true, false, source, stamp));
  }

  private Event raw(Document document, String failure, EventReader.Rules rules) {
    raw.increment();
    EventReader.Rules whole = new EventReader.Rules(1, false, false, rules.source(), rules.stamp());
    try {
      return read(mappings.raw(document.content, failure), document, whole);
    } catch (InvalidEventException e) {
      return read(mappings.beginning(document.content, failure), document, rules);
    }
  }

  /** By the event itself if a mapping knows it, or else by all of the content. */
  private Mapped map(Document document) {
    if (document.payload == null || !(document.content instanceof ObjectNode content)) {
      return mappings.map(document.content);
    }
    Mapped inner = mappings.mapIfKnown(content.path(document.payload));
    if (inner == null || inner.isRaw() || inner.event().path("details").has(ENVELOPE)) {
      return mappings.map(content);
    }
    ObjectNode envelope = content.deepCopy().without(document.payload);
    if (!envelope.isEmpty()) {
      inner.event().withObjectProperty("details").set(ENVELOPE, envelope);
    }
    return inner;
  }

  private Event read(Mapped found, Document document, EventReader.Rules rules) {
    ObjectNode event = found.event();
    String id = document.eventId == null ? event.path("event_id").asText(null) : document.eventId;
    if (id != null) {
      event.put("event_id", eventId(id));
    }
    return EventReader.readOne(found.json(), rules);
  }

  /** The id below this intake's name; its hash if it is longer than an id can be, or no text. */
  private String eventId(String id) {
    String prefix = name == null ? "" : name + "/";
    boolean fits = (prefix + id).getBytes(UTF_8).length <= EntryField.EVENT_ID.maxBytes();
    boolean text = !id.isEmpty() && id.codePoints().noneMatch(Intake::isNoText);
    return prefix + (fits && text ? id : "sha256:" + sha256(id));
  }

  private static boolean isNoText(int c) {
    return c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  /**
   * The same event under an id that says what it contains too: for one whose id another event has
   * already. Whoever guesses an id so can't keep the event out that it belongs to.
   */
  public static Event withDistinctId(Event event) {
    String id = String.valueOf(event.eventId());
    String content = "~" + sha256(event.withoutPersonal().toString()).substring(0, HASH_DIGITS);
    boolean fits = (id + content).getBytes(UTF_8).length <= EntryField.EVENT_ID.maxBytes();
    return event.withEventId((fits ? id : "sha256:" + sha256(id)) + content);
  }

  private static String sha256(String text) {
    return Sha256.hex(text.getBytes(UTF_8));
  }

  /** What became of the documents so far. */
  public Counts counts() {
    return new Counts(mapped.sum(), altered.sum(), raw.sum());
  }
}
