package io.tallystick.cli.options;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.entry.PersonalField;
import java.util.List;

/** The values of {@code --personal}. */
public final class PersonalNames {
  private PersonalNames() {}

  /**
   * The fields with these names.
   *
   * @throws Failure if one of them can't be personal
   */
  public static List<PersonalField> parse(List<String> names) {
    try {
      return PersonalField.of(names);
    } catch (InvalidEventException e) {
      throw new Failure(Failure.USAGE, "--" + Printable.of(String.valueOf(e.getMessage())));
    }
  }
}
