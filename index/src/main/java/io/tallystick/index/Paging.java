package io.tallystick.index;

import io.tallystick.index.IndexView.Range;
import io.tallystick.store.log.SafePoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.search.Query;

/** Matching ids in order, and pages of them. */
final class Paging {
  /** Matches before an offset are skipped this many at a time. */
  private static final int STEP = 1_000;

  private Paging() {}

  /** The page of a question without filters: its ids follow each other. */
  static Page page(AuditQuery question, Range range) {
    Range within = IndexView.withinCursors(range, question);
    List<Long> ids = new ArrayList<>();
    for (long i = question.offset(); i < within.size() && ids.size() <= question.limit(); i++) {
      ids.add(question.ascending() ? within.from() + i : within.to() - i);
    }
    return page(question, ids, range.size());
  }

  /** The page of a question, from a log that begins with this id. */
  static Page page(AuditQuery question, IndexView view, long firstId) throws IOException {
    Range range = view.range(question, firstId);
    if (question.isUnfiltered()) {
      return page(question, range);
    }
    Query filters = EntryDocument.filters(question);
    List<Long> ids = new ArrayList<>();
    long[] skip = {question.offset()};
    collect(
        view,
        filters,
        IndexView.withinCursors(range, question),
        question.ascending(),
        question.limit() + 1 + (int) Math.min(question.offset(), STEP),
        id -> {
          if (skip[0] > 0) {
            skip[0]--;
          } else {
            ids.add(id);
          }
          return ids.size() <= question.limit();
        });
    return page(question, ids, view.count(filters, range));
  }

  private static Page page(AuditQuery question, List<Long> ids, long total) {
    boolean hasMore = ids.size() > question.limit();
    return new Page(hasMore ? ids.subList(0, question.limit()) : ids, total, hasMore);
  }

  /** Passes on all ids of a range in order; {@code false} if the consumer stopped it. */
  static boolean each(Range range, boolean ascending, AuditIndex.IdConsumer consumer)
      throws IOException {
    for (long i = 0; i < range.size(); i++) {
      if (!consumer.accept(ascending ? range.from() + i : range.to() - i)) {
        return false;
      }
    }
    return true;
  }

  /** Passes on the matching ids of a range in order, reading {@code step} at a time from Lucene. */
  static boolean collect(
      IndexView view,
      Query filters,
      Range range,
      boolean ascending,
      int step,
      AuditIndex.IdConsumer consumer)
      throws IOException {
    Range rest = range;
    while (rest.size() > 0) {
      SafePoint.reach();
      List<Long> ids = view.first(filters, rest, ascending, step);
      for (long id : ids) {
        if (!consumer.accept(id)) {
          return false;
        }
      }
      if (ids.size() < step) {
        return true;
      }
      rest = rest.behind(ids.getLast(), ascending);
    }
    return true;
  }
}
