package io.tallystick.forward;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.NativeFormat;
import java.util.List;
import java.util.Optional;

/** The formats there are. A new one is a line here. */
final class Formats {
  private static final List<Format> ALL = List.of(new NativeFormat());

  private Formats() {}

  /** The format with this name. */
  static Optional<Format> of(String name) {
    return ALL.stream().filter(format -> format.name().equals(name)).findFirst();
  }

  /** The names of all. */
  static List<String> names() {
    return ALL.stream().map(Format::name).toList();
  }
}
