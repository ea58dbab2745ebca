package io.tallystick.service.answer;

import java.util.List;

/**
 * An entry as somebody sees it who must not see some of its values. Immutable.
 *
 * @param view the entry without them; its hash is over all of it
 * @param redacted the names of the values that it has and that are left out, in their order
 */
public record RedactedEntry(EntryView view, List<String> redacted) {
  public RedactedEntry {
    redacted = List.copyOf(redacted);
  }
}
