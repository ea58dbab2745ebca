package io.tallystick.store.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.UnknownType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which personal values are erased, as an entry {@value #TYPE} of the log itself says (format.md,
 * Erasing): {@code {"ids":[[17,17],[20,29]],"fields":["actor_username"],"reason":"…"}}. It is
 * written and sealed before anything is erased. Immutable.
 *
 * @param ids of entries before the one that says so; ascending, none twice
 * @param fields a value is erased if one of them is it, is in it, or has it in itself; empty for
 *     all personal values
 */
public record Erasure(List<Ids> ids, List<PersonalField> fields) {
  /** The type of the entries. */
  public static final String TYPE = "audit.personal.erased";

  private static final byte[] MARK = (",\"event_type\":\"" + TYPE + "\"").getBytes(UTF_8);

  /** Where the id stands in an entry, and what stands between it and the type. */
  private static final int ID_OFFSET = "{\"id\":".length();

  private static final int AFTER_ID_BYTES =
      EntryCodec.MAX_HEAD_BYTES - ID_OFFSET - Long.toString(Long.MAX_VALUE).length();

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Most bytes that a range can have in the details. */
  private static final int MAX_RANGE_BYTES = 42;

  /**
   * Consecutive entries.
   *
   * @param last included
   */
  public record Ids(long first, long last) {
    /** Checks the range. */
    public Ids {
      if (first < 1 || last < first) {
        throw new IllegalArgumentException(
            "a range of entries must be first-last with 1 <= first <= last, but was "
                + first
                + "-"
                + last);
      }
    }

    /** Number of entries. */
    public long count() {
      return last - first + 1;
    }
  }

  /** An erasure with the id of the entry that says so. */
  public record Recorded(long id, Erasure erasure) {
    /** Whether it is about this personal value of an entry. */
    public boolean covers(Entry entry, PersonalField name) {
      return entry.id() < id && erasure.covers(entry, name);
    }
  }

  /** Checks the order of the ranges. */
  public Erasure {
    ids = List.copyOf(ids);
    fields = List.copyOf(fields);
    for (int i = 1; i < ids.size(); i++) {
      if (ids.get(i).first <= ids.get(i - 1).last) {
        throw new IllegalArgumentException("ranges of entries must ascend and not overlap");
      }
    }
  }

  /**
   * The events to append for an erasure: one, or several where the ids are many.
   *
   * @param fields empty for all personal values
   * @param by name of the API key, or of the account, that asked for it; {@code null} for none
   * @param local whether {@code by} is an account of the operating system, not a key
   * @throws InvalidEventException if fields and reason are too long
   */
  public static List<Event> events(
      List<Ids> ids,
      Collection<PersonalField> fields,
      String reason,
      @Nullable String by,
      boolean local) {
    List<Event> events = new ArrayList<>();
    int room = Details.MAX_BYTES - details(List.of(), fields, reason, local).getBytes(UTF_8).length;
    int most = room / MAX_RANGE_BYTES;
    if (most < 1) {
      throw new InvalidEventException("details", "fields and reason of an erasure are too long");
    }
    Erasure whole = new Erasure(ids, List.copyOf(fields));
    for (int from = 0; from < ids.size(); from += most) {
      List<Ids> some = whole.ids.subList(from, Math.min(from + most, ids.size()));
      events.add(
          Event.builder(TYPE)
              .actorUsername(by)
              .targetType("entries")
              .targetId(some.getFirst().first + "-" + some.getLast().last)
              .details(Details.parse(details(some, fields, reason, local)))
              .build());
    }
    return events;
  }

  private static String details(
      List<Ids> ids, Collection<PersonalField> fields, String reason, boolean local) {
    ObjectNode details = JSON.createObjectNode();
    ArrayNode ranges = details.putArray("ids");
    ids.forEach(range -> ranges.addArray().add(range.first).add(range.last));
    if (!fields.isEmpty()) {
      ArrayNode names = details.putArray("fields");
      fields.forEach(field -> names.add(field.toString()));
    }
    details.put("reason", reason);
    if (local) {
      details.put("local", true);
    }
    return details.toString();
  }

  /** Whether these bytes of an entry can be one that records an erasure: a quick look. */
  public static boolean mayRecord(byte[] entry) {
    return mayRecord(entry, 0, entry.length);
  }

  /** The same for the entry in {@code bytes[offset .. offset + length)}. */
  public static boolean mayRecord(byte[] bytes, int offset, int length) {
    int at = offset + ID_OFFSET;
    int end = offset + length;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      at++;
    }
    at += AFTER_ID_BYTES;
    return at + MARK.length <= end
        && Arrays.equals(bytes, at, at + MARK.length, MARK, 0, MARK.length);
  }

  /** The erasure that an entry of the log itself records; empty for every other entry. */
  public static Optional<Recorded> of(Entry entry) {
    Details details = entry.event().details();
    if (entry.source() != null || !entry.event().eventType().equals(TYPE) || details == null) {
      return Optional.empty();
    }
    try {
      JsonNode json = JSON.readTree(details.toString());
      List<Ids> ids = new ArrayList<>();
      for (JsonNode range : json.path("ids")) {
        ids.add(new Ids(range.path(0).asLong(), range.path(1).asLong()));
      }
      List<String> names = new ArrayList<>();
      json.path("fields").forEach(name -> names.add(name.asText()));
      return Optional.of(new Recorded(entry.id(), new Erasure(ids, PersonalField.of(names))));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      // Nobody but the log writes this type, and it writes it right.
      return Optional.empty();
    }
  }

  private boolean covers(Entry entry, PersonalField name) {
    int low = 0;
    int high = ids.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Ids range = ids.get(middle);
      if (entry.id() < range.first) {
        high = middle - 1;
      } else if (entry.id() > range.last) {
        low = middle + 1;
      } else {
        return fields.isEmpty() || fields.stream().anyMatch(field -> covers(field, entry, name));
      }
    }
    return false;
  }

  /** The details of an event under {@link UnknownType} stand one level deeper. */
  private static boolean covers(PersonalField field, Entry entry, PersonalField name) {
    boolean moved = entry.event().eventType().equals(UnknownType.VALUE);
    return field.overlaps(name) || (moved && field.overlaps(UnknownType.original(name)));
  }
}
