package io.tallystick.service.answer;

import io.tallystick.entry.PersonalField;
import java.util.List;

/** Which values of entries somebody must not see. Safe for any number of threads. */
@FunctionalInterface
public interface HiddenValues {
  /** No value. */
  HiddenValues NONE = entry -> List.of();

  /**
   * The names of the values that an entry has, or had before they were erased, and that are left
   * out: of an array on the way to a value, the array's.
   */
  List<PersonalField> in(PartialEntry entry);
}
