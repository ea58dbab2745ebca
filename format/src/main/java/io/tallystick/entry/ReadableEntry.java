package io.tallystick.entry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An entry for reading: its event with the personal values that are still there back in their
 * fields. Immutable.
 *
 * @param entry the entry itself, with the commitments
 * @param event the event with its values; {@link Event#personal} names those that are personal
 * @param values the personal values that are there, in the order of their names
 * @param erased the names of those that were erased, in their order
 */
public record ReadableEntry(
    Entry entry,
    Event event,
    Map<PersonalField, PersonalValue> values,
    List<PersonalField> erased) {
  public ReadableEntry {
    values = Collections.unmodifiableMap(new TreeMap<>(values));
    erased = List.copyOf(erased);
  }

  /** An entry with nothing but what its own bytes say. */
  public static ReadableEntry withoutValues(Entry entry) {
    return new ReadableEntry(entry, entry.event(), Map.of(), List.of());
  }

  /**
   * Puts values back into their entry.
   *
   * @param values one for each name in {@link Entry#personal}, in that order
   * @throws InvalidEntryException if there are more or fewer, or one is damaged: it does not open
   *     its commitment, or can't stand in its field
   */
  public static ReadableEntry of(Entry entry, List<PersonalValue> values) {
    if (entry.personal().isEmpty() && values.isEmpty()) {
      return withoutValues(entry);
    }
    if (entry.personal().size() != values.size()) {
      throw new InvalidEntryException(
          "entry "
              + entry.id()
              + " names "
              + entry.personal().size()
              + " personal values, and its block has "
              + values.size());
    }
    Map<PersonalField, PersonalValue> there = new TreeMap<>();
    List<PersonalField> erased = new ArrayList<>();
    int i = 0;
    for (var named : entry.personal().entrySet()) {
      PersonalValue value = values.get(i++);
      switch (value.state(named.getValue())) {
        case THERE -> there.put(named.getKey(), value);
        case ERASED -> erased.add(named.getKey());
        case DAMAGED ->
            throw new InvalidEntryException(
                "the personal value of "
                    + named.getKey()
                    + " of entry "
                    + entry.id()
                    + " is not the one that was written");
      }
    }
    try {
      return new ReadableEntry(entry, PersonalParts.putBack(entry, there), there, erased);
    } catch (InvalidEventException e) {
      throw new InvalidEntryException(e.getMessage(), e);
    }
  }

  public long id() {
    return entry.id();
  }

  /** What a field holds, as text; {@code null} if it is absent, erased, or holds no text. */
  public @Nullable String text(EntryField field) {
    return field == EntryField.SOURCE ? entry.source() : event.text(field);
  }
}
