package io.tallystick.service.answer;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the checkpoints that are kept, newest first.
 *
 * @param nextBeforeSize where the next page begins; {@code null} if there is none
 */
public record CheckpointList(
    List<Kept> checkpoints, boolean hasMore, @Nullable Long nextBeforeSize) {
  public CheckpointList {
    checkpoints = List.copyOf(checkpoints);
  }

  /**
   * A checkpoint that is kept, or the newest.
   *
   * @param size how many entries it covers
   * @param root of the tree over them, in base64
   * @param timestamped whether a timestamp authority's token is kept with it
   * @param timestamp the time that the authority states, unchecked; {@code null} if there is none
   *     or it can't be read
   * @param signatures of the log and of witnesses
   * @param cosigned how many witnesses signed it
   * @param cosigners their names
   */
  public record Kept(
      String origin,
      long size,
      String root,
      Instant signedAt,
      boolean timestamped,
      @Nullable Instant timestamp,
      int signatures,
      int cosigned,
      List<String> cosigners) {
    public Kept {
      cosigners = List.copyOf(cosigners);
    }
  }
}
