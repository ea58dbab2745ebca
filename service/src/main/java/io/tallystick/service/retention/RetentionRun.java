package io.tallystick.service.retention;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.tallystick.service.answer.ShortTime;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.Horizon;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run of retention did, or would do, in an answer.
 *
 * @param before entries in segments that ended before this were due
 * @param mode {@code archive} or {@code purge}
 * @param removed what was due and not held, oldest first
 * @param heldBy the hold that stopped the run; {@code null} if none did
 * @param firstId the oldest entry of the log after it
 */
public record RetentionRun(
    boolean dryRun,
    @JsonSerialize(using = ShortTime.class) Instant before,
    String mode,
    List<Removed> removed,
    @Nullable LegalHold heldBy,
    long firstId) {
  public RetentionRun {
    removed = List.copyOf(removed);
  }

  /**
   * Entries that the run removed, or would remove.
   *
   * @param day when they were recorded, UTC
   * @param bytes of their segments
   * @param recordedAs id of the entry that records it; left out after a dry run
   * @param archive the file that has them; left out after a dry run and where they were purged
   */
  public record Removed(
      long firstId,
      long lastId,
      long count,
      LocalDate day,
      long bytes,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long recordedAs,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String archive,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String archiveSha256) {}

  public static RetentionRun of(RetentionAdministration.Run run) {
    List<Removed> removed = new ArrayList<>();
    for (int i = 0; i < run.batches().size(); i++) {
      Retention.Batch batch = run.batches().get(i);
      Horizon.Removed done = run.dryRun() ? null : run.removed().get(i);
      removed.add(
          new Removed(
              batch.firstId(),
              batch.lastId(),
              batch.count(),
              batch.day(),
              batch.bytes(),
              done == null ? null : done.recordedAs(),
              done == null ? null : done.archive(),
              done == null || done.archive() == null ? null : done.archiveSha256()));
    }
    return new RetentionRun(
        run.dryRun(),
        run.before(),
        RetentionAdministration.name(run.mode()),
        removed,
        run.heldBy(),
        run.firstId());
  }
}
