package io.tallystick.http.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.entry.UnknownType;
import io.tallystick.service.append.AppendResult;
import io.tallystick.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The answer for one event: its entry.
 *
 * @param index of the event in its request, from 0; {@code null} where none was rejected
 * @param replayed whether it had an entry before
 * @param storedAs the type that it is stored under; {@code null} if that is its own
 * @param proof a C2SP tlog-proof; {@code null} if none was asked for
 */
record EventReceipt(
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer index,
    long id,
    Hash hash,
    Instant timestamp,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean replayed,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String storedAs,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String proof) {

  /**
   * The answer for a batch.
   *
   * @param firstId lowest id among the entries; {@code null} if there is none
   * @param lastId highest one
   * @param count of the events that have an entry
   * @param appended how many of them are new
   * @param entries a receipt for each, in their order
   * @param rejected the events that have none
   */
  record OfBatch(
      @Nullable Long firstId,
      @Nullable Long lastId,
      int count,
      int appended,
      List<EventReceipt> entries,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Rejected> rejected) {}

  /**
   * An event that was left out.
   *
   * @param index of it in its request, from 0
   * @param errors what is wrong with it; at least one
   */
  record Rejected(int index, List<Reason> errors) {}

  /**
   * One thing that is wrong.
   *
   * @param field name of the field; {@code (event)} where it is not one field
   * @param message what is wrong and what is allowed
   */
  record Reason(String field, String message) {
    static Reason of(InvalidEventException.Fault fault) {
      return new Reason(fault.field(), fault.message());
    }
  }

  /**
   * The answer for these entries.
   *
   * @param batch as it is stored
   * @param proofs one for each; empty if none were asked for
   */
  static OfBatch of(EventReader.Batch batch, AppendResult result, List<String> proofs) {
    List<Integer> positions = batch.positions();
    SortedMap<Integer, List<Reason>> rejected = new TreeMap<>();
    batch
        .rejected()
        .forEach((index, faults) -> rejected.put(index, faults.stream().map(Reason::of).toList()));
    result
        .conflicts()
        .forEach((at, reason) ->
            rejected.put(positions.get(at), List.of(new Reason("event_id", reason))));
    List<EventReceipt> entries = new ArrayList<>(result.places().size());
    long firstId = Long.MAX_VALUE;
    long lastId = 0;
    int event = 0;
    for (AppendResult.Place place : result.places()) {
      while (result.conflicts().containsKey(event)) {
        event++;
      }
      firstId = Math.min(firstId, place.id());
      lastId = Math.max(lastId, place.id());
      entries.add(
          new EventReceipt(
              rejected.isEmpty() ? null : positions.get(event),
              place.id(),
              place.hash(),
              place.timestamp(),
              place.replayed(),
              storedAs(batch.events().get(event)),
              proofs.isEmpty() ? null : proofs.get(entries.size())));
      event++;
    }
    return new OfBatch(
        entries.isEmpty() ? null : firstId,
        entries.isEmpty() ? null : lastId,
        entries.size(),
        result.appended(),
        entries,
        rejected.entrySet().stream().map(e -> new Rejected(e.getKey(), e.getValue())).toList());
  }

  private static @Nullable String storedAs(Event event) {
    String type = event.eventType();
    return UnknownType.original(event).eventType().equals(type) ? null : type;
  }
}
