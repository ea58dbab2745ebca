package io.tallystick.forward.format;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is sent of an entry that can't be sent whole: of one that is too long for the receiver what
 * tells which it is; of one that the receiver refused also its text, in one field, so that no field
 * of its own is in the way.
 *
 * @param hash of the entry, 64 lower-case hex digits
 * @param bytes length of the entry in the log
 * @param raw the exact bytes of the entry as text; {@code null} if that was too long
 */
public record Reduced(
    String origin,
    String sink,
    long seq,
    long id,
    String hash,
    Instant timestamp,
    String eventType,
    long bytes,
    @Nullable String raw) {
  /** Whether fields of the entry are missing. */
  public boolean truncated() {
    return raw == null;
  }
}
