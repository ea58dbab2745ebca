package io.tallystick.service.answer;

import io.tallystick.entry.ActorId;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry in an answer: every field of the log's entry in its order, and the hash.
 *
 * @param action what was done; the event type where the client did not say
 * @param source name of the key that wrote it, {@link Entry#LOCAL}, or {@link Entry#LOG} for what
 *     the log itself wrote: no key has a name like that
 * @param altered names of the fields that were cut or cleaned on the way in; {@code null} for none
 */
public record EntryView(
    long id,
    Hash previousHash,
    Instant timestamp,
    String eventType,
    @Nullable String outcome,
    @Nullable String severity,
    @Nullable String tenant,
    @Nullable String actorType,
    @Nullable ActorId actorId,
    @Nullable String actorUsername,
    @Nullable String actorIp,
    @Nullable String userAgent,
    @Nullable String actorHost,
    @Nullable String sessionId,
    @Nullable String targetType,
    @Nullable String targetId,
    String action,
    @Nullable String targetName,
    @Nullable String occurredAt,
    @Nullable String eventId,
    @Nullable String requestId,
    @Nullable String traceId,
    String source,
    @Nullable Long sourceSeq,
    @Nullable List<String> altered,
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
    List<String> altered = event.altered().stream().map(EntryField::toString).toList();
    return new EntryView(
        entry.id(),
        entry.previousHash(),
        entry.timestamp(),
        event.eventType(),
        event.text(EntryField.OUTCOME),
        event.text(EntryField.SEVERITY),
        event.text(EntryField.TENANT),
        event.text(EntryField.ACTOR_TYPE),
        event.actorId(),
        event.actorUsername(),
        event.actorIp(),
        event.userAgent(),
        event.text(EntryField.ACTOR_HOST),
        event.text(EntryField.SESSION_ID),
        event.targetType(),
        event.targetId(),
        action == null ? event.eventType() : action,
        event.text(EntryField.TARGET_NAME),
        event.occurredAt(),
        event.eventId(),
        event.text(EntryField.REQUEST_ID),
        event.text(EntryField.TRACE_ID),
        source == null ? Entry.LOG : source,
        event.sourceSeq(),
        altered.isEmpty() ? null : altered,
        event.details(),
        stored.hash());
  }
}
