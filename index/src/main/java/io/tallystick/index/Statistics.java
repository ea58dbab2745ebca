package io.tallystick.index;

import io.tallystick.store.LogReader;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.BytesRef;

/**
 * Counts entries of a range of ids. Over the whole log they are sums of term frequencies, which
 * cost as much as there are different terms; over a part of it every document of the part is looked
 * at for the actors. Times are answered by the log, whose order is the order of time.
 */
final class Statistics {
  private static final int TOP = 10;
  private static final int DAYS = 31;

  private final LogReader log;
  private final List<Shard> shards;
  private final long fromId;
  private final long toId;

  /** Statistics over the ids from {@code fromId} to {@code toId}, both included. */
  Statistics(LogReader log, List<Shard> shards, long fromId, long toId) {
    this.log = log;
    this.shards = shards;
    this.fromId = fromId;
    this.toId = toId;
  }

  LogStatistics compute(Instant now) throws IOException {
    boolean any = fromId <= toId;
    return new LogStatistics(
        Math.max(0, toId - fromId + 1),
        byType(),
        log.lastId() + 1 - log.firstIdAtOrAfter(now.minus(Duration.ofHours(24))),
        any ? log.timestamp(fromId) : null,
        any ? log.timestamp(toId) : null,
        topActors(),
        any ? perDay() : new TreeMap<>());
  }

  SortedMap<String, Long> byType() throws IOException {
    return new TreeMap<>(termCounts(EntryDocument.EVENT_TYPE));
  }

  private List<LogStatistics.Actor> topActors() throws IOException {
    Map<String, Long> counts = new HashMap<>();
    for (Shard shard : shards) {
      if (isWhole(shard)) {
        addFrequencies(shard, EntryDocument.ACTOR, counts);
      } else if (overlaps(shard)) {
        addOrdinals(shard, counts);
      }
    }
    return counts.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(TOP)
        .map(entry -> EntryDocument.actor(entry.getKey(), entry.getValue()))
        .toList();
  }

  private Map<String, Long> termCounts(String field) throws IOException {
    Map<String, Long> counts = new HashMap<>();
    for (Shard shard : shards) {
      if (isWhole(shard)) {
        addFrequencies(shard, field, counts);
      } else if (overlaps(shard)) {
        Map<String, Long> candidates = new HashMap<>();
        addFrequencies(shard, field, candidates);
        for (String term : candidates.keySet()) {
          Query within = EntryDocument.filtersWithin(EntryDocument.term(field, term), fromId, toId);
          long count = shard.<Long>search(searcher -> (long) searcher.count(within));
          if (count > 0) {
            counts.merge(term, count, Long::sum);
          }
        }
      }
    }
    return counts;
  }

  private boolean isWhole(Shard shard) {
    return fromId <= shard.firstId() && shard.indexedThrough() <= toId;
  }

  private boolean overlaps(Shard shard) {
    return shard.firstId() <= toId && shard.indexedThrough() >= fromId;
  }

  private static void addFrequencies(Shard shard, String field, Map<String, Long> counts)
      throws IOException {
    shard.search(searcher -> {
      for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
        Terms terms = leaf.reader().terms(field);
        if (terms != null) {
          TermsEnum all = terms.iterator();
          for (BytesRef term = all.next(); term != null; term = all.next()) {
            counts.merge(term.utf8ToString(), (long) all.docFreq(), Long::sum);
          }
        }
      }
      return counts;
    });
  }

  private void addOrdinals(Shard shard, Map<String, Long> counts) throws IOException {
    Query within =
        EntryDocument.filtersWithin(
            EntryDocument.filters(AuditQuery.builder().build()), fromId, toId);
    shard.search(searcher -> {
      Weight weight =
          searcher.createWeight(searcher.rewrite(within), ScoreMode.COMPLETE_NO_SCORES, 1);
      for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
        addOrdinals(weight, leaf, counts);
      }
      return counts;
    });
  }

  private static void addOrdinals(Weight weight, LeafReaderContext leaf, Map<String, Long> counts)
      throws IOException {
    Scorer matches = weight.scorer(leaf);
    if (matches == null) {
      return;
    }
    SortedDocValues actors = DocValues.getSorted(leaf.reader(), EntryDocument.ACTOR);
    int[] found = new int[actors.getValueCount()];
    DocIdSetIterator documents = matches.iterator();
    for (int doc = documents.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = documents.nextDoc()) {
      if (actors.advanceExact(doc)) {
        found[actors.ordValue()]++;
      }
    }
    for (int ordinal = 0; ordinal < found.length; ordinal++) {
      if (found[ordinal] > 0) {
        counts.merge(actors.lookupOrd(ordinal).utf8ToString(), (long) found[ordinal], Long::sum);
      }
    }
  }

  private SortedMap<LocalDate, Long> perDay() throws IOException {
    SortedMap<LocalDate, Long> days = new TreeMap<>();
    long end = toId + 1;
    while (end > fromId && days.size() < DAYS) {
      LocalDate day = LocalDate.ofInstant(log.timestamp(end - 1), ZoneOffset.UTC);
      long begin =
          Math.max(fromId, log.firstIdAtOrAfter(day.atStartOfDay(ZoneOffset.UTC).toInstant()));
      days.put(day, end - begin);
      end = begin;
    }
    return days;
  }
}
