package io.tallystick.forward;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a sink is.
 *
 * @param type kind of the sink
 * @param condition {@code running}; {@code retrying} while it fails; {@code paused} by a person;
 *     {@code disabled} after it failed for too long; {@code stopped} because its position or a
 *     setting does not fit
 * @param reason why it does not run, or what the last failure was; {@code null} if it runs
 * @param level what its answers prove, {@code accepted} or {@code confirmed}; {@code null} until it
 *     was reached
 * @param queryable whether its receiver can be asked what it holds; of others only an export can be
 *     compared
 * @param nextId the entry that is looked at next
 * @param seq of the last entry that was forwarded
 * @param lagEntries entries of the log that were not looked at yet
 * @param lagSeconds age of the oldest of them
 * @param errors failures since the server started
 * @param failingSince since when it has failed; {@code null} if it does not
 * @param deadLetters entries that the receiver refused for good
 * @param markers that were sent
 * @param reconciledSeq the {@code seq} through which the receiver held everything when it was
 *     compared last; 0 if it did not, or was never compared
 * @param reconciliation the last comparison; {@code null} if there was none
 */
public record SinkStatus(
    String name,
    String type,
    String format,
    String condition,
    @Nullable String reason,
    @Nullable String level,
    boolean queryable,
    long nextId,
    long seq,
    long lagEntries,
    long lagSeconds,
    long errors,
    @Nullable String failingSince,
    int deadLetters,
    long markers,
    long reconciledSeq,
    @Nullable LastReconciliation reconciliation) {
  /** How every sink is. */
  public record SinkList(List<SinkStatus> sinks) {
    public SinkList {
      sinks = List.copyOf(sinks);
    }
  }
}
