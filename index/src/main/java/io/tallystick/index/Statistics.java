package io.tallystick.index;

import io.tallystick.store.LogReader;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.IndexSearcher;

/**
 * Counts entries of a range of ids. A Lucene segment that lies in the range costs as much as it has
 * different terms; of one that lies there in part, the documents of that part are looked at.
 */
final class Statistics {
  private static final int TOP = 10;

  private final LogReader log;
  private final IndexView view;
  private final long fromId;
  private final long toId;

  /** Statistics over the ids from {@code fromId} to {@code toId}, both included. */
  Statistics(LogReader log, IndexView view, long fromId, long toId) {
    this.log = log;
    this.view = view;
    this.fromId = fromId;
    this.toId = toId;
  }

  LogStatistics compute(Instant now) throws IOException {
    boolean any = fromId <= toId;
    return new LogStatistics(
        Math.max(0, toId - fromId + 1),
        byType(),
        since(now.minus(Duration.ofHours(24))),
        any ? log.timestamp(fromId) : null,
        any ? log.timestamp(toId) : null,
        topActors(),
        any ? perDay() : new TreeMap<>());
  }

  private long since(Instant time) throws IOException {
    return Math.max(0, view.through() + 1 - Math.max(log.firstId(), view.firstIdAtOrAfter(time)));
  }

  SortedMap<String, Long> byType() throws IOException {
    return fromId <= toId
        ? Timeline.count(view.slices(), new long[] {fromId, toId + 1}).getFirst()
        : new TreeMap<>();
  }

  private List<LogStatistics.Actor> topActors() throws IOException {
    ValueCounts actors = new ValueCounts(EntryDocument.ACTOR);
    try (ValueCounts.Searchers searchers = new ValueCounts.Searchers()) {
      for (Slice slice : view.slices()) {
        if (slice.mayHold(fromId, toId)) {
          long from = Math.max(fromId, slice.firstId());
          long to = Math.min(toId, slice.lastId());
          IndexSearcher searcher = searchers.of(slice.shard());
          for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
            DocRange range = DocRange.of(searcher, leaf, from, to);
            if (range.all()) {
              actors.addAll(leaf);
            } else {
              actors.add(leaf, range.documents());
            }
          }
        }
      }
      return actors.top(TOP, EntryDocument::actor);
    }
  }

  private SortedMap<LocalDate, Long> perDay() throws IOException {
    SortedMap<LocalDate, Long> days = new TreeMap<>();
    LocalDate day = day(toId);
    long end = toId + 1;
    while (end > fromId) {
      long begin =
          Math.max(fromId, view.firstIdAtOrAfter(day.atStartOfDay(ZoneOffset.UTC).toInstant()));
      if (begin < end) {
        days.put(day, end - begin);
        end = begin;
        day = day.minusDays(1);
      } else {
        // Nothing was recorded on this day, and maybe not for years.
        day = day(end - 1);
      }
    }
    return days;
  }

  private LocalDate day(long id) throws IOException {
    return LocalDate.ofInstant(log.timestamp(id), ZoneOffset.UTC);
  }
}
