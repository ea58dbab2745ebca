package io.tallystick.service.append;

import io.tallystick.tlog.Hash;
import java.time.Instant;
import java.util.List;

/**
 * Where the events of one request stand in the log.
 *
 * @param places one for each event, in the request's order
 * @param replayed how many of them were there before
 */
public record AppendResult(List<Place> places, int replayed) {
  /** An entry's id, hash and time. */
  public record Place(long id, Hash hash, Instant timestamp) {}

  public AppendResult {
    places = List.copyOf(places);
  }

  /** Whether nothing was appended. */
  public boolean isReplay() {
    return replayed == places.size();
  }
}
