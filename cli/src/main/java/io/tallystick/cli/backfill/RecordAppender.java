package io.tallystick.cli.backfill;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.cli.source.Source;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.ingest.Intake;
import io.tallystick.ingest.backfill.SourceRecord;
import io.tallystick.ingest.backfill.Translation;
import io.tallystick.ingest.mapping.Mapped;
import io.tallystick.service.append.PersonalFields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Appends records of other systems, each once and none lost: one whose id stands for something else
 * gets another id, and one that is refused all the same is kept raw. Used by one thread.
 */
public final class RecordAppender {
  private static final EventReader.Rules RULES = new EventReader.Rules(1, true, true, Entry.LOCAL);

  /**
   * A record and the event that it becomes.
   *
   * @param place where it stands, for people
   * @param json the event before a field was cut or cleaned
   * @param failure why it is kept raw; {@code null} if it is mapped
   */
  public record Item(
      SourceRecord record, String place, ObjectNode json, Event event, @Nullable String failure) {
    /** The event as bytes. */
    byte[] line() {
      return new Mapped(null, json, List.of(), null).json();
    }

    /** Whether the record is kept raw. */
    public boolean isRaw() {
      return failure != null;
    }
  }

  /**
   * What became of items.
   *
   * @param lastId the highest id among their entries
   * @param renamed the ids that stood for something else, by the place of the record
   * @param rejected why a record is not in the log, by its place
   */
  public record Outcome(
      long appended,
      long replayed,
      long lastId,
      Map<String, String> renamed,
      Map<String, String> rejected) {}

  private final Translation translation;
  private final PersonalFields marks;

  public RecordAppender(Translation translation, PersonalFields marks) {
    this.translation = translation;
    this.marks = marks;
  }

  /** What a record becomes. */
  public Item item(SourceRecord record, String place) {
    return item(record, place, translation.translate(record));
  }

  private Item item(SourceRecord record, String place, Mapped first) {
    Mapped mapped = first;
    Event event;
    try {
      event = EventReader.readOne(mapped.json(), RULES);
    } catch (InvalidEventException e) {
      mapped = translation.beginning(record, String.valueOf(e.getMessage()));
      event = EventReader.readOne(mapped.json(), RULES);
    }
    return new Item(record, place, mapped.event(), marks.mark(event, List.of()), mapped.failure());
  }

  /** Appends items together. */
  public Outcome append(Source source, List<Item> items) throws IOException, InterruptedException {
    Map<String, String> renamed = new LinkedHashMap<>();
    Map<String, String> rejected = new LinkedHashMap<>();
    Source.Appended all = send(source, items);
    long appended = all.appended();
    long replayed = all.replayed();
    long lastId = all.lastId();
    if (!all.rejected().isEmpty()) {
      List<Item> others = new ArrayList<>();
      all.rejected().keySet().forEach(at -> others.add(underOtherId(items.get(at))));
      Source.Appended second = send(source, others);
      List<Item> raw = new ArrayList<>();
      for (int i = 0; i < others.size(); i++) {
        Item other = others.get(i);
        List<String> why = second.rejected().get(i);
        if (why == null) {
          renamed.put(other.place(), String.valueOf(other.event().eventId()));
        } else {
          String reasons = String.join("; ", why);
          raw.add(
              underOtherId(
                  item(other.record(), other.place(), translation.raw(other.record(), reasons))));
        }
      }
      appended += second.appended();
      replayed += second.replayed();
      lastId = Math.max(lastId, second.lastId());
      if (!raw.isEmpty()) {
        Source.Appended third = send(source, raw);
        third
            .rejected()
            .forEach((at, why) -> rejected.put(raw.get(at).place(), String.join("; ", why)));
        appended += third.appended();
        replayed += third.replayed();
        lastId = Math.max(lastId, third.lastId());
      }
    }
    return new Outcome(appended, replayed, lastId, renamed, rejected);
  }

  private static Source.Appended send(Source source, List<Item> items)
      throws IOException, InterruptedException {
    return source.append(
        items.stream().map(Item::line).toList(), items.stream().map(Item::event).toList(), RULES);
  }

  /** The same event under an id that says what it contains too. */
  private static Item underOtherId(Item item) {
    Event event = Intake.withDistinctId(item.event());
    ObjectNode json = item.json().deepCopy().put("event_id", event.eventId());
    return new Item(item.record(), item.place(), json, event, item.failure());
  }
}
