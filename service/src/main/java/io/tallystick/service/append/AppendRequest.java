package io.tallystick.service.append;

import io.tallystick.entry.Event;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.tlog.Quoted;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The events that a client sent together. Immutable.
 *
 * @param events in their order; with a key, those that had no id of their own have one made of it
 * @param partial whether events whose id stands for another event are left out, instead of the
 *     request being refused
 * @param key of the request as a whole; {@code null} if it has none
 */
public record AppendRequest(List<Event> events, boolean partial, @Nullable Key key) {
  public AppendRequest {
    events = List.copyOf(events);
  }

  /** Events that are written together or not at all. */
  public static AppendRequest of(List<Event> events) {
    return new AppendRequest(events, false, null);
  }

  /**
   * What makes a request safe to repeat. Its events have ids of the key and their place, so the log
   * itself remembers the key.
   *
   * @param text 1 to {@link #MAX_BYTES} visible ASCII characters
   * @param eventIds the ids that were made of it
   * @param next the id that a further event would have had
   */
  public record Key(String text, Set<String> eventIds, String next) {
    /** Largest length in bytes: with a place it is an {@code event_id} still. */
    public static final int MAX_BYTES = 100;

    public Key {
      eventIds = Set.copyOf(eventIds);
    }
  }

  /**
   * The same events as one request with this key.
   *
   * @param positions the place of each event in the request, from 0
   * @param count of the events in the request, those included that are not here
   * @throws InvalidParameterException if the key is not valid
   */
  public AppendRequest under(String key, List<Integer> positions, int count) {
    boolean visible = key.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (key.isEmpty() || key.length() > Key.MAX_BYTES || !visible) {
      throw new InvalidParameterException(
          "Idempotency-Key",
          "Idempotency-Key must be 1 to "
              + Key.MAX_BYTES
              + " visible ASCII characters, but was "
              + Quoted.of(key));
    }
    List<Event> named = new ArrayList<>(events.size());
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      if (event.eventId() == null) {
        String id = key + "/" + positions.get(i);
        ids.add(id);
        event = event.withEventId(id);
      }
      named.add(event);
    }
    return new AppendRequest(named, partial, new Key(key, ids, key + "/" + count));
  }
}
