package io.tallystick.index;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.TopFieldCollectorManager;

/**
 * What a query is answered from: slices of shards, oldest first, which together hold every entry of
 * the log up to one id. Immutable; safe for any number of threads. Searches throw Lucene's {@code
 * AlreadyClosedException} once a shard has been replaced by another.
 *
 * @param slices oldest first; each ends where the next begins
 * @param through the last id that they hold
 */
record IndexView(List<Slice> slices, long through) {
  /** Holds nothing. */
  static final IndexView EMPTY = new IndexView(List.of(), 0);

  /** All ids of these shards, oldest first. */
  static IndexView of(List<Shard> shards, long through) {
    List<Slice> slices = new ArrayList<>();
    for (int i = 0; i < shards.size(); i++) {
      long last = i + 1 < shards.size() ? shards.get(i + 1).firstId() - 1 : Long.MAX_VALUE;
      slices.add(new Slice(shards.get(i), shards.get(i).firstId(), last));
    }
    return new IndexView(List.copyOf(slices), through);
  }

  /** This view, extended by what this shard holds after {@link #through}. */
  IndexView with(Shard shard, long throughThen) {
    long first = Math.max(through + 1, shard.firstId());
    List<Slice> more = new ArrayList<>();
    for (Slice slice : slices) {
      if (slice.firstId() < first) {
        more.add(new Slice(slice.shard(), slice.firstId(), Math.min(slice.lastId(), first - 1)));
      }
    }
    more.add(new Slice(shard, first, Long.MAX_VALUE));
    return new IndexView(List.copyOf(more), throughThen);
  }

  /** A range of ids, both ends included; empty if it ends before it begins. */
  record Range(long from, long to) {
    long size() {
      return Math.max(0, to - from + 1);
    }

    /** The part of the range after this id. */
    Range behind(long id, boolean ascending) {
      return ascending ? new Range(id + 1, to) : new Range(from, id - 1);
    }
  }

  /**
   * The ids of a query's period.
   *
   * @param firstId the log's first id
   */
  Range range(AuditQuery question, long firstId) throws IOException {
    Instant since = question.since();
    Instant until = question.until();
    long first = slices.isEmpty() ? firstId : Math.max(firstId, slices.getFirst().firstId());
    return new Range(
        since == null ? first : Math.max(first, firstIdAtOrAfter(since)),
        until == null ? through : Math.min(through, firstIdAtOrAfter(until) - 1));
  }

  /** The part of the range between the query's cursors. */
  static Range withinCursors(Range range, AuditQuery question) {
    Long after = question.afterId();
    Long before = question.beforeId();
    return new Range(
        after == null || after < range.from ? range.from : Math.min(after, Long.MAX_VALUE - 1) + 1,
        before == null || before > range.to ? range.to : Math.max(before, 1) - 1);
  }

  /**
   * Id of the first entry recorded at this time or later; the one after the last if there is none.
   */
  long firstIdAtOrAfter(Instant time) throws IOException {
    return DocRange.firstIdAtOrAfter(slices, time);
  }

  /** How many entries of the range match. */
  long count(AuditQuery question, long firstId) throws IOException {
    Range range = range(question, firstId);
    return question.isUnfiltered() ? range.size() : count(EntryDocument.filters(question), range);
  }

  long count(Query filters, Range range) throws IOException {
    long count = 0;
    for (Slice slice : slices) {
      if (slice.mayHold(range.from, range.to)) {
        Query within = within(filters, slice, range);
        count += slice.shard().<Long>search(searcher -> (long) searcher.count(within));
      }
    }
    return count;
  }

  private static Query within(Query filters, Slice slice, Range range) {
    return EntryDocument.filtersWithin(
        filters, Math.max(range.from, slice.firstId()), Math.min(range.to, slice.lastId()));
  }

  /** The first matches of the range in order, at most {@code most}. */
  List<Long> first(Query filters, Range range, boolean ascending, int most) throws IOException {
    Sort order = ascending ? Shard.OLDEST_FIRST : Shard.NEWEST_FIRST;
    List<Slice> inOrder = new ArrayList<>(slices);
    if (!ascending) {
      Collections.reverse(inOrder);
    }
    List<Long> ids = new ArrayList<>();
    for (Slice slice : inOrder) {
      if (ids.size() < most && slice.mayHold(range.from, range.to)) {
        Query within = within(filters, slice, range);
        int missing = most - ids.size();
        ids.addAll(slice.shard().search(searcher -> top(searcher, within, order, missing)));
      }
    }
    return ids;
  }

  private static List<Long> top(IndexSearcher searcher, Query query, Sort order, int count)
      throws IOException {
    ScoreDoc[] found =
        searcher.search(query, new TopFieldCollectorManager(order, count, null, count)).scoreDocs;
    List<Long> ids = new ArrayList<>(found.length);
    for (ScoreDoc one : found) {
      ids.add((Long) ((FieldDoc) one).fields[0]);
    }
    return ids;
  }

  /** The most frequent actors and addresses of the matching entries. */
  TopActors topActors(AuditQuery question, long firstId, int most) throws IOException {
    Query filters = EntryDocument.filters(question);
    Range range = range(question, firstId);
    ValueCounts actors = new ValueCounts(EntryDocument.ACTOR);
    ValueCounts addresses = new ValueCounts(EntryDocument.ACTOR_IP);
    try (ValueCounts.Searchers searchers = new ValueCounts.Searchers()) {
      long total = 0;
      for (Slice slice : slices) {
        if (slice.mayHold(range.from, range.to)) {
          Query within = within(filters, slice, range);
          IndexSearcher searcher = searchers.of(slice.shard());
          total += ValueCounts.add(searcher, within, List.of(actors, addresses));
        }
      }
      return new TopActors(
          total,
          actors.top(most, EntryDocument::actor),
          addresses.top(
              most, (address, count) -> new TopActors.Address(AddressRange.text(address), count)));
    }
  }
}
