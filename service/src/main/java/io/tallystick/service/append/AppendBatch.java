package io.tallystick.service.append;

import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.UnknownType;
import io.tallystick.store.log.Receipt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The events of one request, which of them came first under their id, and which can't be written.
 * Used by one thread.
 */
final class AppendBatch {
  private final AppendRequest request;
  private final List<Event> events;
  private final Map<String, Integer> firsts = new LinkedHashMap<>();

  /** Why an event is left out, by its place. */
  private final SortedMap<Integer, String> conflicts = new TreeMap<>();

  /**
   * An entry that has an event id.
   *
   * @param gone the values that it had and that can't be compared: they were erased
   */
  record Earlier(AppendResult.Place place, Event event, List<PersonalField> gone) {}

  AppendBatch(AppendRequest request) {
    this.request = request;
    this.events = request.events();
    for (int i = 0; i < events.size(); i++) {
      String id = events.get(i).eventId();
      Integer first = id == null ? null : firsts.putIfAbsent(id, i);
      if (id != null && first != null && !request.partial()) {
        checkSame(id, first, i);
      }
    }
  }

  private void checkSame(String id, int first, int other) {
    if (!isSame(events.get(first), events.get(other))) {
      conflict(other, EventIdConflictException.withEvent(id, first));
    }
  }

  /** Compares what was sent: the type limit may store an event differently the next time. */
  private static boolean isSame(Event one, Event other) {
    return isEqual(one, other) || isEqual(UnknownType.original(one), UnknownType.original(other));
  }

  /** What is personal may be said in another place the next time. */
  private static boolean isEqual(Event one, Event other) {
    return one.withoutPersonal().equals(other.withoutPersonal());
  }

  /** The same, as far as the entry still has what was sent. */
  private static boolean isSame(Event event, Earlier earlier) {
    List<PersonalField> gone = earlier.gone();
    return gone.isEmpty()
        ? isSame(event, earlier.event())
        : isEqual(event.without(gone), earlier.event())
            || isEqual(
                UnknownType.original(event)
                    .without(gone.stream().map(UnknownType::original).toList()),
                UnknownType.original(earlier.event()));
  }

  private void conflict(int index, String reason) {
    if (!request.partial()) {
      throw EventIdConflictException.ofEvent(index, reason);
    }
    conflicts.put(index, reason);
  }

  /** The ids of the events. */
  Map<String, Integer> firsts() {
    return firsts;
  }

  /** An id that no event has, and that would be taken if another request had the key. */
  @Nullable String probe() {
    AppendRequest.Key key = request.key();
    return key == null || firsts.containsKey(key.next()) ? null : key.next();
  }

  private boolean isFresh(int i, Map<String, Earlier> before) {
    String id = events.get(i).eventId();
    return !conflicts.containsKey(i)
        && (id == null || (firsts.getOrDefault(id, -1) == i && !before.containsKey(id)));
  }

  /** The events that have to be written, after those under their ids were compared with them. */
  List<Event> fresh(Map<String, Earlier> before) {
    checkKey(before);
    conflicts.clear();
    List<Event> fresh = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      String id = events.get(i).eventId();
      Earlier earlier = id == null ? null : before.get(id);
      if (id != null && earlier == null) {
        checkSame(id, firsts.getOrDefault(id, i), i);
      } else if (earlier != null && !isSame(events.get(i), earlier)) {
        conflict(i, EventIdConflictException.withEntry(String.valueOf(id), earlier.place().id()));
      }
      if (isFresh(i, before)) {
        fresh.add(events.get(i));
      }
    }
    return fresh;
  }

  /** A request under a key was written as it is now, or not at all. */
  private void checkKey(Map<String, Earlier> before) {
    AppendRequest.Key key = request.key();
    if (key == null) {
      return;
    }
    long other = 0;
    int found = 0;
    String probe = probe();
    boolean same = probe == null || !before.containsKey(probe);
    for (Map.Entry<String, Earlier> earlier : before.entrySet()) {
      String id = earlier.getKey();
      if (key.eventIds().contains(id)) {
        found++;
        Event event = events.get(firsts.getOrDefault(id, 0));
        same &= isSame(event, earlier.getValue());
      }
      if (key.eventIds().contains(id) || id.equals(probe)) {
        other = earlier.getValue().place().id();
      }
    }
    if (!same || (found > 0 && found < key.eventIds().size())) {
      throw EventIdConflictException.ofRequest(key.text(), other);
    }
  }

  AppendResult result(Map<String, Earlier> before, @Nullable Receipt receipt) {
    List<AppendResult.Place> places = new ArrayList<>(events.size());
    Map<String, AppendResult.Place> written = new LinkedHashMap<>();
    int next = 0;
    for (int i = 0; i < events.size(); i++) {
      if (conflicts.containsKey(i)) {
        continue;
      }
      String id = events.get(i).eventId();
      AppendResult.Place place;
      if (receipt != null && isFresh(i, before)) {
        place = place(receipt, next++);
        if (id != null) {
          written.put(id, place);
        }
      } else {
        Earlier earlier = before.get(String.valueOf(id));
        place =
            earlier == null
                ? Objects.requireNonNull(written.get(String.valueOf(id))).asReplay()
                : earlier.place();
      }
      places.add(place);
    }
    return new AppendResult(places, conflicts);
  }

  private static AppendResult.Place place(Receipt receipt, int i) {
    return new AppendResult.Place(receipt.id(i), receipt.hash(i), receipt.timestamp(i), false);
  }
}
