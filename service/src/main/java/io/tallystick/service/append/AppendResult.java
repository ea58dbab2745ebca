package io.tallystick.service.append;

import io.tallystick.tlog.Hash;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where the events of one request are in the log. Immutable.
 *
 * @param places one for each event that is not left out, in the request's order
 * @param conflicts why events are left out, by their place among the request's, from 0
 */
public record AppendResult(List<Place> places, SortedMap<Integer, String> conflicts) {
  /**
   * The entry of an event.
   *
   * @param replayed whether the event was in the log already, or stood earlier in the same request
   */
  public record Place(long id, Hash hash, Instant timestamp, boolean replayed) {
    Place asReplay() {
      return new Place(id, hash, timestamp, true);
    }
  }

  public AppendResult {
    places = List.copyOf(places);
    conflicts = Collections.unmodifiableSortedMap(new TreeMap<>(conflicts));
  }

  /** How many entries this request added. */
  public int appended() {
    return places.size() - replayed();
  }

  /** How many events had an entry already. */
  public int replayed() {
    return Math.toIntExact(places.stream().filter(Place::replayed).count());
  }

  /** Whether nothing was appended. */
  public boolean isReplay() {
    return places.stream().allMatch(Place::replayed);
  }
}
