package io.tallystick.service.retention;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Entries that retention must not take out, until the hold is released.
 *
 * @param id of the hold, which is the id of the entry {@code audit.hold.placed}
 * @param placedBy name of the key that placed it
 */
public record LegalHold(
    long id,
    long firstId,
    long lastId,
    String reason,
    Instant placedAt,
    @Nullable String placedBy) {
  /** Most bytes of a reason. */
  public static final int MAX_REASON_BYTES = 1_000;

  /** Writes it as the API gives it. */
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeNumberField("id", id);
    out.writeNumberField("first_id", firstId);
    out.writeNumberField("last_id", lastId);
    out.writeStringField("reason", reason);
    out.writeStringField("placed_at", placedAt.toString());
    if (placedBy == null) {
      out.writeNullField("placed_by");
    } else {
      out.writeStringField("placed_by", placedBy);
    }
    out.writeEndObject();
  }
}
