package io.tallystick.service.query;

import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Entries by their ids, which an index gave. Those near each other are read in the log's order in
 * one go, since each block that is looked for by id costs as much as many that are read in a row.
 */
public final class EntryBatch {
  /** Most ids that exports read at once; their entries are in memory together. */
  public static final int MAX = 256;

  /** Entries are read in a row if at least one of so many is wanted. */
  private static final int SPARSE = 8;

  private EntryBatch() {}

  /**
   * The entries with these ids, in the ids' order; those that retention took out since are left
   * out.
   */
  public static List<StoredEntry> read(LogReader log, List<Long> ids) throws IOException {
    Map<Long, StoredEntry> near = near(log, ids);
    List<StoredEntry> entries = new ArrayList<>(ids.size());
    for (long id : ids) {
      StoredEntry known = near.get(id);
      Optional<StoredEntry> entry = known == null ? log.read(id) : Optional.of(known);
      if (entry.isEmpty() && id >= log.firstId()) {
        throw new IOException("entry " + id + " is in the index and not in the log");
      }
      entry.ifPresent(entries::add);
    }
    return entries;
  }

  private static Map<Long, StoredEntry> near(LogReader log, List<Long> ids) throws IOException {
    if (ids.size() < 2) {
      return Map.of();
    }
    long first = Collections.min(ids);
    long last = Collections.max(ids);
    if (last - first >= (long) ids.size() * SPARSE) {
      return Map.of();
    }
    Set<Long> wanted = new HashSet<>(ids);
    Map<Long, StoredEntry> found = new HashMap<>();
    try {
      log.forEach(
          first,
          last,
          entry -> {
            if (wanted.contains(entry.id())) {
              found.put(entry.id(), entry);
            }
            return true;
          });
    } catch (LogException.Corrupt e) {
      // What is damaged may be wanted by nobody; each entry that is is asked for by itself.
      return found;
    }
    return found;
  }
}
