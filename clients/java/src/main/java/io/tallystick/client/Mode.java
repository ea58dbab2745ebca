package io.tallystick.client;

import java.util.Locale;

/** When {@link AuditClient#append} returns, and so what its return means. */
public enum Mode {
  /** When the event is in the log, with its receipt. */
  SYNC,
  /**
   * When the event is synced to a file of the spool directory. It is sent in the background until
   * the server has it, after a restart, too.
   */
  SPOOLED,
  /**
   * At once. Events wait in memory, and are dropped when there are too many or when the process
   * ends. The log is told how many were dropped while the process ran.
   */
  BEST_EFFORT;

  /**
   * The mode that a configuration names: {@code sync}, {@code spooled} or {@code best_effort}.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  public static Mode of(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "sync" -> SYNC;
      case "spooled" -> SPOOLED;
      case "best_effort" -> BEST_EFFORT;
      default ->
          throw new IllegalArgumentException(
              "mode must be sync, spooled or best_effort, but was \"" + name + "\"");
    };
  }
}
