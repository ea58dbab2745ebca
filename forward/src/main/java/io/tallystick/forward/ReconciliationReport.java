package io.tallystick.forward;

import io.tallystick.forward.reconcile.Finding;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a receiver holds, compared with the log. Counts are exact; of each kind the first {@value
 * #MAX_NAMED} are named.
 *
 * @param by {@code query} if the receiver was asked, {@code export} if it was an export of it
 * @param throughId the last entry that was compared
 * @param throughSeq its {@code seq}: of an export the highest that it has, unless it was asked for
 *     more; later ones are not compared
 * @param forwardedSeq the last {@code seq} that was forwarded when it began
 * @param expected entries that the receiver should have and that the log still has
 * @param held records that it has, without markers
 * @param complete whether nothing is missing, duplicated, altered, unknown or tampered with
 * @param missing entries that it does not have
 * @param duplicated entries that it has more than once
 * @param altered records that say something else than their entries
 * @param unknown records of no entry that was forwarded
 * @param tampered objects that are not as the sink created them, whatever records they have
 * @param uncompared records of which only id, seq and hash were compared: the receiver does not
 *     give back the rest, or values were erased since
 * @param removed records of entries that retention removed from the log, with which nothing can be
 *     compared
 * @param note what the receiver shows that may explain missing records; {@code null} if nothing
 * @param resent missing entries that were sent again; {@code null} if that was not wanted
 */
public record ReconciliationReport(
    String sink,
    String by,
    Instant at,
    long throughId,
    long throughSeq,
    long forwardedSeq,
    long expected,
    long held,
    boolean complete,
    long missing,
    long duplicated,
    long altered,
    long unknown,
    long tampered,
    long uncompared,
    long removed,
    List<Named> missingRecords,
    List<Named> duplicatedRecords,
    List<Named> alteredRecords,
    List<Named> unknownRecords,
    List<Finding> tamperedObjects,
    @Nullable String note,
    @Nullable Long resent) {
  /** Most records of a kind that are named. */
  public static final int MAX_NAMED = 1_000;

  /**
   * A record.
   *
   * @param id that it says, or of the entry
   * @param seq that it says, or of the entry
   * @param what differs, {@code hash}, {@code seq} or {@code body}; where a record is that has no
   *     id, such as {@code line 7}; {@code null} where nothing is compared
   */
  public record Named(long id, long seq, @Nullable String what) {}

  /** The same, after missing entries were sent again. */
  ReconciliationReport withResent(long count) {
    return new ReconciliationReport(
        sink,
        by,
        at,
        throughId,
        throughSeq,
        forwardedSeq,
        expected,
        held,
        complete,
        missing,
        duplicated,
        altered,
        unknown,
        tampered,
        uncompared,
        removed,
        missingRecords,
        duplicatedRecords,
        alteredRecords,
        unknownRecords,
        tamperedObjects,
        note,
        count);
  }

  LastReconciliation last() {
    return new LastReconciliation(
        at.toString(), by, throughSeq, complete, missing, duplicated, altered, unknown, tampered);
  }
}
