package io.tallystick.index;

import java.util.List;

/**
 * A page of ids.
 *
 * @param ids in the order that was asked for
 * @param total entries that match, on all pages; cursors do not count
 * @param hasMore whether there are more behind this page
 */
public record Page(List<Long> ids, long total, boolean hasMore) {
  public Page {
    ids = List.copyOf(ids);
  }
}
