package io.tallystick.http.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tallystick.entry.Event;
import io.tallystick.entry.UnknownType;
import io.tallystick.service.append.AppendResult;
import io.tallystick.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer for one event: its entry.
 *
 * @param replayed whether it had an entry before
 * @param storedAs the type that it is stored under; {@code null} if that is its own
 * @param proof a C2SP tlog-proof; {@code null} if none was asked for
 */
record EventReceipt(
    long id,
    Hash hash,
    Instant timestamp,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean replayed,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String storedAs,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String proof) {

  /**
   * The answer for a batch.
   *
   * @param count of the events
   * @param appended how many of them are new
   * @param entries a receipt for each event, in their order
   */
  record OfBatch(long firstId, long lastId, int count, int appended, List<EventReceipt> entries) {}

  /**
   * The answer for these entries.
   *
   * @param stored the events as they are stored
   * @param proofs one for each; empty if none were asked for
   */
  static OfBatch of(AppendResult result, List<Event> stored, List<String> proofs) {
    List<EventReceipt> entries = new ArrayList<>(result.places().size());
    long firstId = Long.MAX_VALUE;
    long lastId = 0;
    for (AppendResult.Place place : result.places()) {
      firstId = Math.min(firstId, place.id());
      lastId = Math.max(lastId, place.id());
      entries.add(
          new EventReceipt(
              place.id(),
              place.hash(),
              place.timestamp(),
              place.replayed(),
              storedAs(stored.get(entries.size())),
              proofs.isEmpty() ? null : proofs.get(entries.size())));
    }
    return new OfBatch(firstId, lastId, entries.size(), result.appended(), entries);
  }

  private static @Nullable String storedAs(Event event) {
    String type = event.eventType();
    return UnknownType.original(event).eventType().equals(type) ? null : type;
  }
}
