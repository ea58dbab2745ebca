package io.tallystick.forward.format;

import java.util.List;
import java.util.Optional;

/** The formats there are. A new one is a line here. */
public final class Formats {
  private static final List<Format> ALL =
      List.of(
          new NativeFormat(), new OcsfFormat(), new EcsFormat(), new CefFormat(), new OtlpFormat());

  private Formats() {}

  /** The format with this name. */
  public static Optional<Format> of(String name) {
    return ALL.stream().filter(format -> format.name().equals(name)).findFirst();
  }

  /** The names of all. */
  public static List<String> names() {
    return ALL.stream().map(Format::name).toList();
  }
}
