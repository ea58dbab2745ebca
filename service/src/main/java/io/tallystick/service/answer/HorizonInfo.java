package io.tallystick.service.answer;

import io.tallystick.store.log.Horizon;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the log begins since retention removed entries, and where those went.
 *
 * @param firstId the oldest entry of the log
 */
public record HorizonInfo(long firstId, List<Removed> removed) {
  public HorizonInfo {
    removed = List.copyOf(removed);
  }

  /**
   * Entries that retention removed.
   *
   * @param archive the file that has them; {@code null} if they were purged
   * @param recordedAs id of the entry that records it
   */
  public record Removed(
      long firstId,
      long lastId,
      @Nullable String archive,
      @Nullable String archiveSha256,
      long recordedAs) {}

  public static HorizonInfo of(Horizon horizon) {
    return new HorizonInfo(
        horizon.firstId(),
        horizon.removed().stream()
            .map(removed ->
                new Removed(
                    removed.firstId(),
                    removed.lastId(),
                    removed.archive(),
                    removed.archiveSha256(),
                    removed.recordedAs()))
            .toList());
  }
}
