package io.tallystick.service.answer;

import io.tallystick.store.verify.VerifyReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a verification found.
 *
 * @param brokenLinks the first faults, in the order of the log
 * @param faultsTotal how many faults there are in all
 * @param mode {@code full}, {@code quick}, or {@link #VERDICT} if nothing else is known
 * @param checkpoint the newest; {@code null} if the log has none
 */
public record Verification(
    boolean valid,
    long entriesChecked,
    List<BrokenLink> brokenLinks,
    long faultsTotal,
    long firstId,
    long lastId,
    String mode,
    @Nullable CheckpointInfo checkpoint,
    long leafHashes,
    long nodeHashes,
    long hashesComputed,
    long durationMs) {
  /** The mode of a verification of which only {@code valid} is known. */
  public static final String VERDICT = "verdict";

  public Verification {
    brokenLinks = List.copyOf(brokenLinks);
  }

  /**
   * A fault.
   *
   * @param id of the entry where it shows; 0 if it shows at none
   * @param kind what does not fit, for instance {@code chain}
   * @param reason a sentence for a person
   */
  public record BrokenLink(long id, String kind, String reason) {}

  /** All that a key is told that sees a part of the log. */
  public record Verdict(boolean valid) {}

  /** What is known of a verification of which only the verdict was told. */
  public static Verification of(Verdict verdict) {
    return new Verification(verdict.valid(), 0, List.of(), 0, 0, 0, VERDICT, null, 0, 0, 0, 0);
  }

  /** How far a verification has come. */
  public record Progress(long checked, long total) {}

  public static Verification of(VerifyReport report) {
    return new Verification(
        report.valid(),
        report.entriesChecked(),
        report.faults().stream()
            .map(fault -> new BrokenLink(fault.id(), fault.kind().toString(), fault.reason()))
            .toList(),
        report.faultCount(),
        report.firstId(),
        report.lastId(),
        report.quick() ? "quick" : "full",
        report.checkpoint() == null ? null : CheckpointInfo.of(report.checkpoint()),
        report.leafHashes(),
        report.nodeHashes(),
        report.hashesComputed(),
        report.duration().toMillis());
  }
}
