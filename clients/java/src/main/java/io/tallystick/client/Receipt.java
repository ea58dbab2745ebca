package io.tallystick.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where an event is in the log. Outside mode {@link Mode#SYNC} it has the {@code eventId} only.
 *
 * @param eventId by which the event can be sent again safely
 * @param id of the entry, from 1; 0 where it is not known
 * @param hash of the entry, 64 hexadecimal digits: its leaf hash in the log's tree
 * @param timestamp when the log wrote it
 * @param replayed whether the log had the event before
 */
public record Receipt(
    String eventId, long id, @Nullable String hash, @Nullable Instant timestamp, boolean replayed) {
  static Receipt ofEvent(String eventId) {
    return new Receipt(eventId, 0, null, null, false);
  }
}
