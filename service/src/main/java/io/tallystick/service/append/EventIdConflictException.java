package io.tallystick.service.append;

import io.tallystick.tlog.Quoted;

/**
 * An event came under an {@code event_id}, or a request under an {@code Idempotency-Key}, that
 * stands for another one of the same source. Nothing of the request was written. The message is a
 * whole sentence without a full stop.
 */
public final class EventIdConflictException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private EventIdConflictException(String message) {
    super(message);
  }

  /** Why nothing of a request was written. */
  static EventIdConflictException ofEvent(int index, String reason) {
    return new EventIdConflictException(
        "event "
            + index
            + ": "
            + reason
            + "; nothing of this request was written. Give every event an event_id of its own, or"
            + " none");
  }

  /** The log has an entry under this id, and its content is another. */
  static String withEntry(String eventId, long entryId) {
    return "the event_id "
        + Quoted.of(eventId)
        + " belongs to entry "
        + entryId
        + ", which has different content";
  }

  /** Two events of one batch have the same id, and their content differs. */
  static String withEvent(String eventId, int first) {
    return "the event_id "
        + Quoted.of(eventId)
        + " is that of event "
        + first
        + ", which has different content";
  }

  /**
   * The log has other events under this key of a request.
   *
   * @param entryId of one of them
   */
  static EventIdConflictException ofRequest(String key, long entryId) {
    return new EventIdConflictException(
        "the Idempotency-Key "
            + Quoted.of(key)
            + " belongs to another request, which wrote entry "
            + entryId
            + "; nothing of this request was written. Give every request a key of its own, or none");
  }
}
