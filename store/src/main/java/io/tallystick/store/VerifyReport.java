package io.tallystick.store;

import java.time.Duration;
import java.util.List;

/**
 * What verification found.
 *
 * @param firstId first entry of the range that was checked
 * @param lastId last entry of it; {@code firstId - 1} if the range is empty
 * @param entriesChecked how many entries were read and checked
 * @param hashesComputed how many SHA-256 hashes that took
 * @param faults every fault in the range, by id; of very many the first {@link #MAX_FAULTS}
 * @param faultCount how many there are
 * @param duration how long it took
 */
public record VerifyReport(
    long firstId,
    long lastId,
    long entriesChecked,
    long hashesComputed,
    List<Fault> faults,
    long faultCount,
    Duration duration) {
  /** Most faults that a report lists; all are counted. */
  public static final int MAX_FAULTS = 10_000;

  public VerifyReport {
    faults = List.copyOf(faults);
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
