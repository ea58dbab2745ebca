package io.tallystick.store.log;

import io.tallystick.entry.Entry;
import io.tallystick.entry.PersonalField;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds the erasure of a personal value among many. Immutable. */
public final class ErasureIndex {
  private record Range(long first, long last, Erasure.Recorded erasure) {}

  /** All ranges of entries, in the order of their first ids. */
  private final List<Range> ranges = new ArrayList<>();

  /** The largest last id of a range and all before it. */
  private final long[] reach;

  /** An index of these. */
  public ErasureIndex(Collection<Erasure.Recorded> erasures) {
    for (Erasure.Recorded erasure : erasures) {
      for (Erasure.Ids ids : erasure.erasure().ids()) {
        ranges.add(new Range(ids.first(), ids.last(), erasure));
      }
    }
    ranges.sort(Comparator.comparingLong(Range::first));
    reach = new long[ranges.size()];
    long furthest = 0;
    for (int i = 0; i < reach.length; i++) {
      furthest = Math.max(furthest, ranges.get(i).last);
      reach[i] = furthest;
    }
  }

  /** The first erasure that is about this value of an entry; empty if none is. */
  public Optional<Erasure.Recorded> find(Entry entry, PersonalField name) {
    Erasure.Recorded found = null;
    for (int i = lastBefore(entry.id()); i >= 0 && reach[i] >= entry.id(); i--) {
      Range range = ranges.get(i);
      boolean earlier = found == null || range.erasure.id() < found.id();
      if (range.last >= entry.id() && earlier && range.erasure.covers(entry, name)) {
        found = range.erasure;
      }
    }
    return Optional.ofNullable(found);
  }

  /** Place of the last range that does not begin after this id; -1 if there is none. */
  private int lastBefore(long id) {
    int low = 0;
    int high = ranges.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (ranges.get(middle).first <= id) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }
}
