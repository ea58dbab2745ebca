package io.tallystick.service.query;

import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
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
    return readWithin(log, ids, Long.MAX_VALUE).orElseThrow();
  }

  /**
   * As {@link #read}; empty if the entries have more bytes than this together. No more than that
   * and one entry are in memory meanwhile.
   */
  static Optional<List<StoredEntry>> readWithin(LogReader log, List<Long> ids, long maxBytes)
      throws IOException {
    Map<Long, StoredEntry> near = near(log, ids, maxBytes);
    List<StoredEntry> entries = new ArrayList<>(ids.size());
    long bytes = bytes(near.values());
    for (long id : ids) {
      if (bytes > maxBytes) {
        return Optional.empty();
      }
      StoredEntry known = near.get(id);
      Optional<StoredEntry> entry = known == null ? log.read(id) : Optional.of(known);
      if (entry.isEmpty() && id >= log.firstId()) {
        throw new IOException("entry " + id + " is in the index and not in the log");
      }
      if (known == null && entry.isPresent()) {
        bytes += entry.get().bytes().length;
      }
      entry.ifPresent(entries::add);
    }
    return bytes > maxBytes ? Optional.empty() : Optional.of(entries);
  }

  private static long bytes(Collection<StoredEntry> entries) {
    return entries.stream().mapToLong(entry -> entry.bytes().length).sum();
  }

  /** Those that a walk from the first to the last finds, until they have too many bytes. */
  private static Map<Long, StoredEntry> near(LogReader log, List<Long> ids, long maxBytes)
      throws IOException {
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
    long[] bytes = {0};
    try {
      log.forEach(
          first,
          last,
          entry -> {
            if (wanted.contains(entry.id())) {
              found.put(entry.id(), entry);
              bytes[0] += entry.bytes().length;
            }
            return bytes[0] <= maxBytes;
          });
    } catch (LogException.Corrupt e) {
      // What is damaged may be wanted by nobody; each entry that is is asked for by itself.
      return found;
    }
    return found;
  }
}
