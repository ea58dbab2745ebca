package io.tallystick.index.text;

import java.util.Locale;

/** How much of {@code details} the index has, each level with what the one before it has. */
public enum IndexedDetails {
  /** Nothing. */
  NONE,
  /** Every value with its path. */
  VALUES,
  /** Words too, of {@code details} and of the fields that {@link Words} are looked for in. */
  TEXT;

  /** As it is written on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
