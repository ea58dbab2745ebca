package io.tallystick.store.verify;

import io.tallystick.store.log.Fault;
import io.tallystick.store.log.SignedCheckpoint;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What verification found.
 *
 * @param firstId first entry of the range that was checked
 * @param lastId last entry of it; {@code firstId - 1} if the range is empty
 * @param entriesChecked how many entries were read and checked
 * @param leafHashes how many hashes of entries that took
 * @param nodeHashes how many hashes of nodes of the tree
 * @param checkpoint that the range was checked against; {@code null} if there is none yet. Entries
 *     after its size are chained and not sealed yet
 * @param quick whether only the first and the last entry were read
 * @param faults every fault in the range, by id; of very many the first {@link #MAX_FAULTS}
 * @param faultCount how many there are
 * @param duration how long it took
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
  /** Most faults that a report lists; all are counted. */
  public static final int MAX_FAULTS = 10_000;

  public VerifyReport {
    faults = List.copyOf(faults);
  }

  /** How many SHA-256 hashes were computed in all. */
  public long hashesComputed() {
    return leafHashes + nodeHashes;
  }

  /** Whether no fault was found. */
  public boolean valid() {
    return faultCount == 0;
  }

  /** Told how far a verification has come. */
  @FunctionalInterface
  public interface Progress {
    /** {@code checked} entries of about {@code total} have been checked. */
    void at(long checked, long total);
  }
}
