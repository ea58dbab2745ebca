package io.tallystick.store.verify;

import io.tallystick.store.log.Fault;
import io.tallystick.store.log.SignedCheckpoint;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of a verification. Immutable.
 *
 * @param firstId first entry of the checked range
 * @param lastId last entry of it; {@code firstId - 1} if the range is empty
 * @param entriesChecked number of entries that were read and checked
 * @param leafHashes number of computed entry hashes
 * @param nodeHashes number of computed hashes of tree nodes
 * @param checkpoint the checkpoint against which the range was checked; {@code null} if there is
 *     none yet. Entries after its size are chained but not sealed yet
 * @param quick whether only the first and the last entry were read
 * @param faults all faults in the range in the order of their discovery, at most {@link
 *     #MAX_FAULTS}
 * @param faultCount number of all faults
 * @param duration how long the verification took
 */
public record VerifyReport(
    long firstId,
    long lastId,
    long entriesChecked,
    long leafHashes,
    long nodeHashes,
    @Nullable SignedCheckpoint checkpoint,
    boolean quick,
    List<Fault> faults,
    long faultCount,
    Duration duration) {
  /** Most faults that a report lists; the count includes all of them. */
  public static final int MAX_FAULTS = 10_000;

  public VerifyReport {
    faults = List.copyOf(faults);
  }

  /** Total number of computed SHA-256 hashes. */
  public long hashesComputed() {
    return leafHashes + nodeHashes;
  }

  /** Whether there is no fault. */
  public boolean valid() {
    return faultCount == 0;
  }

  /** Receives the progress of a verification. */
  @FunctionalInterface
  public interface Progress {
    /** Called when {@code checked} of about {@code total} entries are checked. */
    void at(long checked, long total);
  }
}
