package io.tallystick.service.answer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the entries that match a query.
 *
 * @param total how many match, not only those on the page
 * @param nextBeforeId where the next page of older entries begins; {@code null} if there is none,
 *     or the oldest come first
 */
public record EntryPage(
    List<EntryView> entries, long total, boolean hasMore, @Nullable Long nextBeforeId) {
  public EntryPage {
    entries = List.copyOf(entries);
  }
}
