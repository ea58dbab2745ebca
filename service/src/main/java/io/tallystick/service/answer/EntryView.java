package io.tallystick.service.answer;

import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An entry in an answer: every field of the log's entry in its order, and the hash.
 *
 * @param action what was done; the event type where the client did not say
 * @param source name of the key that wrote it, {@link Entry#LOCAL}, or {@link Entry#LOG} for what
 *     the log itself wrote: no key has a name like that
 */
public record EntryView(
    long id,
    Hash previousHash,
    Instant timestamp,
    String eventType,
    @Nullable Long actorId,
    @Nullable String actorUsername,
    @Nullable String actorIp,
    @Nullable String userAgent,
    @Nullable String targetType,
    @Nullable String targetId,
    String action,
    @Nullable String occurredAt,
    @Nullable String requestId,
    String source,
    @Nullable Details details,
    Hash hash) {
  /**
   * The view of an entry of the log.
   *
   * @throws IOException if its bytes are not an entry
   */
  public static EntryView of(StoredEntry stored) throws IOException {
    Entry entry = stored.decode();
    Event event = entry.event();
    String action = event.action();
    String source = entry.source();
    return new EntryView(
        entry.id(),
        entry.previousHash(),
        entry.timestamp(),
        event.eventType(),
        event.actorId(),
        event.actorUsername(),
        event.actorIp(),
        event.userAgent(),
        event.targetType(),
        event.targetId(),
        action == null ? event.eventType() : action,
        event.occurredAt(),
        event.requestId(),
        source == null ? Entry.LOG : source,
        event.details(),
        stored.hash());
  }
}
