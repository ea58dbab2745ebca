package io.tallystick.service.append;

import io.tallystick.tlog.Quoted;

/**
 * An event came under a {@code request_id} that stands for another event of the same source.
 * Nothing of its batch was written. The message is a whole sentence without a full stop.
 */
public final class RequestIdConflictException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private static final String ADVICE =
      "; nothing of this request was written. Give every event a request_id of its own, or none";

  private RequestIdConflictException(String message) {
    super(message + ADVICE);
  }

  /**
   * The log has an entry under this request id, and its content is another.
   *
   * @param index of the event in its batch, from 0
   * @param entryId of the entry that has the request id
   */
  static RequestIdConflictException withEntry(int index, String requestId, long entryId) {
    return new RequestIdConflictException(
        "the request_id "
            + Quoted.of(requestId)
            + " of event "
            + index
            + " belongs to entry "
            + entryId
            + ", which has different content");
  }

  /** Two events of one batch have the same request id, and their content differs. */
  static RequestIdConflictException inBatch(int first, int second, String requestId) {
    return new RequestIdConflictException(
        "events "
            + first
            + " and "
            + second
            + " have the same request_id "
            + Quoted.of(requestId)
            + " but different content");
  }
}
