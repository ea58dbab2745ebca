package io.tallystick.forward.format;

import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.entry.PersonalField;
import io.tallystick.service.answer.HiddenValues;
import io.tallystick.service.answer.PartialEntry;
import io.tallystick.service.append.PersonalFields;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The values that a receiver must not see. What is left of an entry is as it is, and the record
 * says which values are missing. Immutable.
 */
public final class Redaction implements HiddenValues {
  /** Of nothing. */
  public static final Redaction NONE = new Redaction(List.of());

  /** Most fields that can be named. */
  public static final int MAX_FIELDS = 64;

  private final List<PersonalField> fields;

  private Redaction(List<PersonalField> fields) {
    this.fields = fields;
  }

  /**
   * Of the fields with these names: those that can be personal.
   *
   * @throws InvalidEventException if a name is none of these
   */
  public static Redaction of(Collection<String> names) {
    return new Redaction(PersonalField.of(names));
  }

  public boolean isEmpty() {
    return fields.isEmpty();
  }

  /** Those by which an export was filtered are such values too, and words may have any. */
  @Override
  public List<PersonalField> in(PartialEntry read) {
    if (isEmpty()) {
      return List.of();
    }
    PersonalFields hidden = new PersonalFields(fields);
    Event event = hidden.mark(read.event().withoutPersonal(), List.of());
    if (event.eventType().equals(PersonalFields.EXPORTED)) {
      event = hidden.markFilters(event);
    }
    Set<PersonalField> names = new TreeSet<>(event.personal());
    read.entry().personal().keySet().stream()
        .filter(name -> fields.stream().anyMatch(name::isIn))
        .forEach(names::add);
    return names.stream()
        .filter(name -> names.stream().noneMatch(other -> !name.equals(other) && name.isIn(other)))
        .toList();
  }

  /** The names, in their order. */
  @Override
  public String toString() {
    return String.join(", ", fields.stream().map(PersonalField::toString).toList());
  }
}
