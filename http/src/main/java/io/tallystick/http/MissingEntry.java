package io.tallystick.http;

import io.tallystick.store.Horizon;
import io.tallystick.store.LogReader;

/** Why the log does not hold an entry: it never did (404), or retention took it out (410). */
final class MissingEntry {
  private MissingEntry() {}

  /** The problem of somebody who asks for this entry. */
  static Problem problem(LogReader log, long id) {
    return log.horizon().removed().stream()
        .filter(removed -> removed.firstId() <= id && id <= removed.lastId())
        .findFirst()
        .map(removed -> Problem.of(410, gone(id, removed)))
        .orElseGet(() -> Problem.of(404, "There is no entry with this id."));
  }

  private static String gone(long id, Horizon.Removed removed) {
    String archive = removed.archive();
    String became =
        archive == null
            ? " were purged"
            : " were archived in archive/" + archive + " of the log's data directory";
    return "Entry "
        + id
        + " is not in the log any more: entries "
        + removed.firstId()
        + " to "
        + removed.lastId()
        + became
        + ", as entry "
        + removed.recordedAs()
        + " records.";
  }
}
