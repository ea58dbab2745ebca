package io.tallystick.service.answer;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.store.log.StoredEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * An entry as far as it can be read: with the personal values that are there, whatever became of
 * the others. One damaged value must not hide an entry. Immutable.
 *
 * @param readable the entry with the values that are there
 * @param erased the names of those that were erased
 * @param damaged the names of those that are neither there nor erased
 */
public record PartialEntry(
    ReadableEntry readable, List<PersonalField> erased, List<PersonalField> damaged) {
  public PartialEntry {
    erased = List.copyOf(erased);
    damaged = List.copyOf(damaged);
  }

  /**
   * Reads an entry.
   *
   * @throws InvalidEntryException if its own bytes are not an entry
   */
  public static PartialEntry of(StoredEntry stored) {
    Entry entry = stored.decode();
    if (entry.personal().isEmpty()) {
      return nothingOf(entry, List.of());
    }
    List<PersonalValue> values = stored.personal();
    List<PersonalField> names = List.copyOf(entry.personal().keySet());
    if (values.size() != names.size()) {
      return nothingOf(entry, names);
    }
    List<PersonalValue> usable = new ArrayList<>();
    List<PersonalField> damaged = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      PersonalValue value = values.get(i);
      PersonalField name = names.get(i);
      boolean broken =
          value.state(Objects.requireNonNull(entry.personal().get(name)))
              == PersonalValue.State.DAMAGED;
      usable.add(broken ? PersonalValue.erased(0) : value);
      if (broken) {
        damaged.add(name);
      }
    }
    try {
      ReadableEntry readable = ReadableEntry.of(entry, usable);
      List<PersonalField> erased = new ArrayList<>(readable.erased());
      erased.removeAll(damaged);
      return new PartialEntry(readable, erased, damaged);
    } catch (InvalidEntryException e) {
      return nothingOf(entry, names);
    }
  }

  private static PartialEntry nothingOf(Entry entry, List<PersonalField> names) {
    return new PartialEntry(ReadableEntry.withoutValues(entry), List.of(), names);
  }

  /** The entry as the log's hashes cover it. */
  public Entry entry() {
    return readable.entry();
  }

  /** What was sent, as far as it is there. */
  public Event event() {
    return readable.event();
  }

  /** The names of the values that are not there. */
  public List<PersonalField> gone() {
    List<PersonalField> gone = new ArrayList<>(erased);
    gone.addAll(damaged);
    return gone;
  }
}
