package io.tallystick.service.answer;

import io.tallystick.entry.ActorId;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.tlog.Hash;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry in an answer: every field of the log's entry in its order, with the personal values that
 * are there, and the hash.
 *
 * @param action what was done; the event type where the client did not say
 * @param source name of the key that wrote it, {@link Entry#LOCAL}, or {@link Entry#LOG} for what
 *     the log itself wrote: no key has a name like that
 * @param altered names of the fields that were cut or cleaned on the way in; {@code null} for none
 * @param personal salts and commitments of the personal values that are there, by their names;
 *     {@code null} for none, as with the two that follow
 * @param erased the personal values that were erased
 * @param damaged the personal values that are neither there nor erased
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
    @Nullable Map<String, Salted> personal,
    @Nullable Map<String, ErasedValue> erased,
    @Nullable Map<String, DamagedValue> damaged,
    Hash hash) {
  /**
   * What shows that a value is the one that was written: the commitment is the SHA-256 of the byte
   * 2, the salt, and the value as canonical JSON.
   *
   * @param salt 16 bytes in base64url without padding, and so the commitment of 32
   */
  public record Salted(String salt, String commitment) {}

  /**
   * A value that was erased.
   *
   * @param erasure id of the entry that says by whom, when and why; {@code null} if the log does
   *     not have that any more
   */
  public record ErasedValue(@Nullable Long erasure, String commitment) {}

  /** A value that is not the one that was written, and that nobody erased. */
  public record DamagedValue(String commitment) {}

  /**
   * The view of an entry, with what became of its personal values.
   *
   * @param event its event, with the values that are to be seen
   */
  static EntryView of(
      Entry entry,
      Event event,
      Hash hash,
      Map<String, Salted> personal,
      Map<String, ErasedValue> erased,
      Map<String, DamagedValue> damaged) {
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
        orNull(personal),
        orNull(erased),
        orNull(damaged),
        hash);
  }

  private static <T> @Nullable Map<String, T> orNull(Map<String, T> values) {
    return values.isEmpty() ? null : Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }
}
