package io.tallystick.index;

import java.util.List;

/**
 * A page of ids.
 *
 * @param ids in the requested order
 * @param total entries that match, on all pages; cursors do not count
 * @param hasMore whether there are more after this page
 */
public record Page(List<Long> ids, long total, boolean hasMore) {
  public Page {
    ids = List.copyOf(ids);
  }
}
