package io.tallystick.forward;

import io.tallystick.entry.InvalidEntryException;
import io.tallystick.service.query.EntryBatch;
import io.tallystick.service.query.LogView;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** The entries of a sink in the order of the log. */
final class Outbox {
  private Outbox() {}

  /**
   * Some entries that pass a filter.
   *
   * @param next the entry to look at after them
   */
  record Slice(List<StoredEntry> entries, long next) {
    Slice {
      entries = List.copyOf(entries);
    }
  }

  /**
   * Reads on from an entry, no more than {@link EntryBatch#MAX} entries of the log.
   *
   * @param from the first one to look at
   * @param end the one before which to end
   * @param most entries to return
   * @param maxBytes of all that are returned, though at least one is
   * @throws IOException if an entry that should be there is not, or can't be read
   */
  static Slice read(LogView view, EntryFilter filter, long from, long end, int most, long maxBytes)
      throws IOException {
    long until = Math.min(end, from + EntryBatch.MAX);
    List<StoredEntry> found = new ArrayList<>();
    long bytes = 0;
    long next = from;
    for (StoredEntry entry : view.read(LongStream.range(from, until).boxed().toList())) {
      if (entry.id() != next) {
        throw new MismatchException(
            "retention removed entries from %d on before they were forwarded".formatted(next));
      }
      if (passes(filter, entry)) {
        bytes += entry.bytes().length;
        if (found.size() == most || (bytes > maxBytes && !found.isEmpty())) {
          return new Slice(found, next);
        }
        found.add(entry);
      }
      next++;
    }
    return new Slice(found, next);
  }

  /** What can't be decoded passes: it must not go unnoticed. */
  static boolean passes(EntryFilter filter, StoredEntry entry) {
    try {
      return filter.matches(entry.decode());
    } catch (InvalidEntryException e) {
      return true;
    }
  }
}
