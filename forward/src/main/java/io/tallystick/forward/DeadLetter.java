package io.tallystick.forward;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry that a receiver refused for good, whole and as an envelope.
 *
 * @param seq that it was sent with
 * @param reason what the receiver said
 * @param refusedAt when, RFC 3339
 */
public record DeadLetter(
    long seq, long id, String hash, String eventType, String reason, String refusedAt) {
  /**
   * A page of them.
   *
   * @param nextAfterSeq {@code after_seq} of the next page; {@code null} if this is the last
   */
  public record Page(List<DeadLetter> deadLetters, @Nullable Long nextAfterSeq) {
    public Page {
      deadLetters = List.copyOf(deadLetters);
    }
  }

  /** What became of those that were sent again. */
  public record Drained(long drained, long left) {}
}
