package io.tallystick.forward.sink;

import java.util.Locale;

/** What the answers of a receiver prove, the least first. */
public enum Level {
  /** It took the bytes: a write that succeeded, a 2xx. It may lose them yet, and tell nobody. */
  ACCEPTED,
  /** It says of each record that it is stored. */
  CONFIRMED,
  /** What it holds was compared with the log, and all of it was there. */
  RECONCILED;

  /** The word in answers, for instance {@code accepted}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
