package io.tallystick.index;

import io.tallystick.entry.EventType;
import io.tallystick.index.IndexView.Range;
import io.tallystick.index.scope.Scope;
import io.tallystick.store.LogReader;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * Counts entries of a range of ids. A Lucene segment that lies in the range costs as much as it has
 * different terms; of one that lies there in part, the documents of that part are looked at, and of
 * any segment those of the scope, if there is one.
 */
final class Statistics {
  private static final int TOP = 10;

  /** How many types and categories are listed beyond the known ones. */
  static final int MOST_TYPES = 100;

  static final int MOST_CATEGORIES = 20;

  private static final Set<String> KNOWN_TYPES =
      EventType.known().stream().map(EventType::value).collect(Collectors.toSet());
  private static final Set<String> KNOWN_CATEGORIES = EventType.knownCategories();

  private final LogReader log;
  private final IndexView view;
  private final long fromId;
  private final long toId;

  /** The entries that count; {@code null} for all. */
  private final @Nullable Query scope;

  /**
   * Statistics over the ids from {@code fromId} to {@code toId}, both included.
   *
   * @param scope the entries that count
   */
  Statistics(LogReader log, IndexView view, long fromId, long toId, Scope scope)
      throws IOException {
    this.log = log;
    this.view = view;
    this.scope = EntryDocument.scope(scope);
    this.fromId = this.scope == null ? fromId : end(this.scope, fromId, toId, true);
    this.toId = this.scope == null ? toId : end(this.scope, fromId, toId, false);
  }

  /** The first or last id of a scope; if it has none, ids that make the range empty. */
  private long end(Query scope, long from, long to, boolean first) throws IOException {
    List<Long> found = view.first(scope, new Range(from, to), first, 1);
    return found.isEmpty() ? (first ? 1 : 0) : found.getFirst();
  }

  LogStatistics compute(Instant now) throws IOException {
    boolean any = fromId <= toId;
    return new LogStatistics(
        count(fromId, toId),
        top(EntryDocument.EVENT_TYPE, KNOWN_TYPES, MOST_TYPES),
        top(EntryDocument.CATEGORY, KNOWN_CATEGORIES, MOST_CATEGORIES),
        security(),
        since(now.minus(Duration.ofHours(24))),
        any ? log.timestamp(fromId) : null,
        any ? log.timestamp(toId) : null,
        topActors(),
        any ? perDay() : new TreeMap<>());
  }

  private long since(Instant time) throws IOException {
    return count(Math.max(log.firstId(), view.firstIdAtOrAfter(time)), view.through());
  }

  private long count(long from, long to) throws IOException {
    Range range = new Range(from, to);
    return scope == null ? range.size() : view.count(scope, range);
  }

  private LogStatistics.Counts top(String field, Set<String> always, int most) throws IOException {
    try (TermCounts counts = counts(field)) {
      return counts.top(always, most).getFirst();
    }
  }

  private long security() throws IOException {
    try (TermCounts counts = counts(EntryDocument.SECURITY)) {
      return counts.of(EntryDocument.YES);
    }
  }

  private TermCounts counts(String field) throws IOException {
    long[] bounds = {fromId, Math.max(fromId, toId + 1)};
    return new TermCounts(view.slices(), field, bounds, scope);
  }

  /**
   * A page of the event types and how often each occurs, in the order of their names.
   *
   * @param after the page begins behind this type; {@code null} for the first page, which also has
   *     all known types
   * @param most so many types that are not known
   */
  SortedMap<String, Long> types(@Nullable String after, int most) throws IOException {
    SortedMap<String, Long> types = new TreeMap<>();
    try (TermCounts counts = counts(EntryDocument.EVENT_TYPE)) {
      counts.forEach(
          new BytesRef(after == null ? "" : after),
          (value, count) -> {
            String type = value.utf8ToString();
            if (!type.equals(after) && !EventType.isKnown(type)) {
              types.put(type, count[0]);
            }
            return types.size() < most;
          });
      if (after == null) {
        for (String known : KNOWN_TYPES) {
          types.put(known, counts.of(known));
        }
      }
    }
    return types;
  }

  /** Categories from each time on and before the next; the log begins with {@code firstId}. */
  static List<LogStatistics.Counts> byCategory(
      IndexView view, long firstId, List<Instant> times, Scope scope) throws IOException {
    long[] bounds = new long[times.size()];
    for (int i = 0; i < bounds.length; i++) {
      // The index may still know what retention removed.
      long id = Math.max(firstId, view.firstIdAtOrAfter(times.get(i)));
      bounds[i] = Math.min(id, view.through() + 1);
    }
    try (TermCounts counts =
        new TermCounts(view.slices(), EntryDocument.CATEGORY, bounds, EntryDocument.scope(scope))) {
      return counts.top(KNOWN_CATEGORIES, MOST_CATEGORIES);
    }
  }

  /** Event types, beyond the known ones, of the entries by this source. */
  static Set<String> typesBy(List<Slice> slices, String source, int most) throws IOException {
    Set<String> types = new HashSet<>();
    String prefix = EntryDocument.typesOf(source);
    long[] all = {0, Long.MAX_VALUE};
    try (TermCounts counts = new TermCounts(slices, EntryDocument.SOURCE_TYPE, all, null)) {
      counts.forEach(
          new BytesRef(prefix),
          (value, count) -> {
            String term = value.utf8ToString();
            boolean own = term.startsWith(prefix);
            if (own) {
              types.add(term.substring(prefix.length()));
            }
            return own && types.size() < most;
          });
    }
    return types;
  }

  private List<LogStatistics.Actor> topActors() throws IOException {
    ValueCounts actors = new ValueCounts(EntryDocument.ACTOR);
    try (ValueCounts.Searchers searchers = new ValueCounts.Searchers()) {
      for (Slice slice : view.slices()) {
        if (slice.mayHold(fromId, toId)) {
          long from = Math.max(fromId, slice.firstId());
          long to = Math.min(toId, slice.lastId());
          IndexSearcher searcher = searchers.of(slice.shard());
          if (scope != null) {
            Query within = EntryDocument.filtersWithin(scope, from, to);
            ValueCounts.add(searcher, within, List.of(actors));
            continue;
          }
          for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
            DocRange range = DocRange.of(leaf.reader(), from, to);
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
    // The first id of each day that has any, the newest day first.
    List<LocalDate> days = new ArrayList<>();
    List<Long> firsts = new ArrayList<>();
    LocalDate day = day(toId);
    long end = toId + 1;
    while (end > fromId) {
      long begin =
          Math.max(fromId, view.firstIdAtOrAfter(day.atStartOfDay(ZoneOffset.UTC).toInstant()));
      if (begin < end) {
        days.add(day);
        firsts.add(begin);
        end = begin;
        day = day.minusDays(1);
      } else {
        // Nothing was recorded on this day, and maybe not for years.
        day = day(end - 1);
      }
    }
    long[] bounds = new long[days.size() + 1];
    for (int i = 0; i < firsts.size(); i++) {
      bounds[i] = firsts.get(firsts.size() - 1 - i);
    }
    bounds[days.size()] = toId + 1;
    long[] counts = counts(bounds);
    SortedMap<LocalDate, Long> perDay = new TreeMap<>();
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        perDay.put(days.get(days.size() - 1 - i), counts[i]);
      }
    }
    return perDay;
  }

  /** How many entries there are from each of these ids on and before the next. */
  private long[] counts(long[] bounds) throws IOException {
    long[] counts = new long[bounds.length - 1];
    if (scope == null) {
      Arrays.setAll(counts, i -> bounds[i + 1] - bounds[i]);
      return counts;
    }
    // Every entry that can be read has one category, and no other is in a scope.
    try (TermCounts all = new TermCounts(view.slices(), EntryDocument.CATEGORY, bounds, scope)) {
      List<LogStatistics.Counts> sums = all.top(Set.of(), 0);
      Arrays.setAll(counts, i -> sums.get(i).total());
    }
    return counts;
  }

  private LocalDate day(long id) throws IOException {
    return LocalDate.ofInstant(log.timestamp(id), ZoneOffset.UTC);
  }
}
