package io.tallystick.store;

import java.util.List;

/**
 * What an erasure did. Immutable.
 *
 * @param entries ids of the entries that record it
 * @param values how many personal values were there before and are gone now, in segments and
 *     archives
 * @param missingArchives names of archives that hold some of the entries and are not in the data
 *     directory any more; nothing was erased in them
 */
public record Erased(List<Long> entries, long values, List<String> missingArchives) {
  public Erased {
    entries = List.copyOf(entries);
    missingArchives = List.copyOf(missingArchives);
  }
}
