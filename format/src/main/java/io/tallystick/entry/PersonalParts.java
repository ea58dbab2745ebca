package io.tallystick.entry;

import io.tallystick.text.Ascii;
import io.tallystick.text.CanonicalWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Takes the personal values out of an event, and puts them back. */
final class PersonalParts {
  /** The values by their names, as canonical JSON. */
  private final Map<PersonalField, byte[]> values = new TreeMap<>();

  /** What is left of the details. */
  private @Nullable Details details;

  private PersonalParts(Event event) {
    details = event.details();
  }

  /** The personal values of an event. */
  static PersonalParts of(Event event) {
    PersonalParts parts = new PersonalParts(event);
    List<String> paths = new ArrayList<>();
    for (PersonalField name : event.personal()) {
      if (name.field() == EntryField.DETAILS) {
        paths.add(name.path());
      } else {
        parts.values.put(name, value(event, name.field()));
      }
    }
    Details all = event.details();
    if (!paths.isEmpty() && all != null) {
      parts.takeOut(all, PersonalDetails.find(all, paths));
    }
    return parts;
  }

  private void takeOut(Details all, Map<String, PersonalDetails.Place> places) {
    places.forEach((path, place) ->
        values.put(name(path), Arrays.copyOfRange(all.bytes(), place.from(), place.to())));
    details = places.containsKey("") ? null : PersonalDetails.replace(all, places, Map.of());
  }

  private static PersonalField name(String path) {
    PersonalField inside = PersonalField.inDetails(path);
    return inside == null ? PersonalField.DETAILS : inside;
  }

  private static byte[] value(Event event, EntryField field) {
    ActorId actorId = event.actorId();
    if (field == EntryField.ACTOR_ID && actorId != null && actorId.isNumber()) {
      return Ascii.bytes(actorId.text());
    }
    CanonicalWriter out = new CanonicalWriter(64);
    out.string(String.valueOf(event.text(field)));
    return out.toBytes();
  }

  Map<PersonalField, byte[]> values() {
    return values;
  }

  /** The fields that are left out as a whole. */
  Set<EntryField> fields() {
    Set<EntryField> whole = EnumSet.noneOf(EntryField.class);
    for (PersonalField name : values.keySet()) {
      if (name.field() != EntryField.DETAILS) {
        whole.add(name.field());
      }
    }
    return whole;
  }

  @Nullable Details details() {
    return details;
  }

  /**
   * Those of the named values that the event has, under the names under which an entry would have
   * them, in their order.
   */
  static List<PersonalField> present(Event event, Collection<PersonalField> names) {
    SortedSet<PersonalField> present = new TreeSet<>();
    List<String> paths = new ArrayList<>();
    for (PersonalField name : names) {
      if (name.field() == EntryField.DETAILS) {
        paths.add(name.path());
      } else if (event.text(name.field()) != null) {
        present.add(name);
      }
      if (name.field() == EntryField.ACTOR_IP && isMoved(event)) {
        present.add(PersonalField.of(EntryField.ACTOR_HOST.toString()));
      }
    }
    Details details = event.details();
    if (!paths.isEmpty() && details != null) {
      PersonalDetails.find(details, paths).keySet().forEach(path -> present.add(name(path)));
    }
    return List.copyOf(present);
  }

  /** Whether the address was none, and is the host now. */
  private static boolean isMoved(Event event) {
    return event.altered().contains(EntryField.ACTOR_IP)
        && event.text(EntryField.ACTOR_HOST) != null;
  }

  /** Whether none of the named values stands in the event, and their places in details do. */
  static boolean areTakenOut(Event event, Collection<PersonalField> names) {
    List<String> paths = new ArrayList<>();
    for (PersonalField name : names) {
      if (!name.path().isEmpty()) {
        paths.add(name.path());
      } else if (name.field() == EntryField.DETAILS
          ? event.details() != null
          : event.text(name.field()) != null) {
        return false;
      }
    }
    Details details = event.details();
    return paths.isEmpty() || (details != null && PersonalDetails.gaps(details, paths) != null);
  }

  /**
   * The event of an entry with these values back in their places.
   *
   * @throws InvalidEntryException if a value is none that its field can have
   * @throws InvalidEventException in the same case
   */
  static Event putBack(Entry entry, Map<PersonalField, PersonalValue> values) {
    Event event = entry.event();
    Event.Builder builder = event.toBuilder();
    Map<String, byte[]> inDetails = new HashMap<>();
    values.forEach((name, value) -> {
      EntryParser parser = new EntryParser(value.value(), 0, value.value().length);
      switch (name.field()) {
        case ACTOR_ID -> builder.actorId(parser.wholeActorId());
        case DETAILS -> {
          if (name.path().isEmpty()) {
            builder.details(parser.wholeDetails());
          } else {
            parser.checkValue();
            inDetails.put(name.path(), value.value());
          }
        }
        default -> builder.text(name.field(), parser.wholeString(name.field()));
      }
    });
    Details left = event.details();
    if (!inDetails.isEmpty() && left != null) {
      Map<String, PersonalDetails.Place> gaps = PersonalDetails.gaps(left, inDetails.keySet());
      if (gaps != null) {
        Details whole = PersonalDetails.replace(left, gaps, inDetails);
        builder.details(new EntryParser(whole.bytes(), 0, whole.bytes().length).wholeDetails());
      }
    }
    return builder.personal(values.keySet()).buildAsStored();
  }
}
