package io.tallystick.entry;

import io.tallystick.text.Ascii;
import io.tallystick.text.CanonicalWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Takes the personal values out of an event, and puts them back. */
final class PersonalParts {
  /** A personal value with a new salt. */
  record Part(PersonalField name, PersonalValue value) {
    static Part of(PersonalField name, byte[] json) {
      return new Part(name, PersonalValue.salted(json));
    }
  }

  private final List<Part> values = new ArrayList<>();

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
        parts.values.add(Part.of(name, value(event, name.field())));
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
        values.add(Part.of(name(path), Arrays.copyOfRange(all.bytes(), place.from(), place.to()))));
    values.sort(Comparator.comparing(Part::name));
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

  /** The values, in the order of their names. */
  List<Part> values() {
    return values;
  }

  /** The fields that are left out as a whole. */
  Set<EntryField> fields() {
    Set<EntryField> whole = EnumSet.noneOf(EntryField.class);
    for (Part part : values) {
      if (part.name.field() != EntryField.DETAILS) {
        whole.add(part.name.field());
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
   *
   * @throws InvalidEventException if there are more than {@link PersonalField#MAX_OF_ENTRY}
   */
  static List<PersonalField> present(Event event, Collection<PersonalField> names) {
    List<PersonalField> present = new ArrayList<>();
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
    List<PersonalField> inOrder = PersonalField.inOrder(present);
    if (inOrder.size() > PersonalField.MAX_OF_ENTRY) {
      throw new InvalidEventException(
          "personal",
          "an event may have at most "
              + PersonalField.MAX_OF_ENTRY
              + " personal values, but has "
              + inOrder.size());
    }
    return inOrder;
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
