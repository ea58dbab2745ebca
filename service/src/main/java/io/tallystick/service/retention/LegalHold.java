package io.tallystick.service.retention;

import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.tallystick.service.answer.ShortTime;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Entries that retention must not remove until the hold is released; also its form in answers.
 *
 * @param id of the hold, which is the id of the entry {@code audit.hold.placed}
 * @param placedBy name of the key that placed it
 */
public record LegalHold(
    long id,
    long firstId,
    long lastId,
    String reason,
    @JsonSerialize(using = ShortTime.class) Instant placedAt,
    @Nullable String placedBy) {
  /** Longest reason, in bytes. */
  public static final int MAX_REASON_BYTES = 1_000;

  /** The holds that are in force, oldest first. */
  public record HoldList(List<LegalHold> holds) {
    public HoldList {
      holds = List.copyOf(holds);
    }
  }
}
