package io.tallystick.forward.format;

import io.tallystick.service.answer.EntryView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry on its way out.
 *
 * @param origin name of the log
 * @param sink name of the sink
 * @param seq 1, 2, 3 … over the entries of the sink, without a gap
 * @param entry its id, hash, timestamp and all fields, with the personal values that are there,
 *     without those that the sink's configuration redacts
 * @param redacted the names of the values that were redacted, in their order
 * @param original the exact bytes of the entry, which its hash covers, as the text that they are;
 *     {@code null} unless the sink's configuration has {@code original: true}
 */
public record Forwarded(
    String origin,
    String sink,
    long seq,
    EntryView entry,
    List<String> redacted,
    @Nullable String original) {
  public Forwarded {
    redacted = List.copyOf(redacted);
  }
}
