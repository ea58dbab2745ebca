package io.tallystick.index;

import io.tallystick.store.log.SafePoint;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.ConjunctionUtils;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefBuilder;
import org.apache.lucene.util.RoaringDocIdSet;
import org.jspecify.annotations.Nullable;

/**
 * Counts the values of a field in neighbouring ranges of ids: the documents of a Lucene segment are
 * in the order of their ids, so such a range is a range of documents, and {@link TypeSums} counts
 * in it. A segment that lies in one range costs no more than its values. Of what only some
 * documents count for, a scope, those documents are looked at.
 *
 * <p>Goes through the values in their order, in all segments at once, and so needs no memory for
 * those that nobody keeps: a client can write as many different ones as it likes. Used by one
 * thread; needs the shards until it is closed.
 */
final class TermCounts implements Closeable {
  private static final int SAFE_POINT_EVERY = 10_000;

  private final String field;
  private final int ranges;
  private final List<Leaf> leaves = new ArrayList<>();
  private final ValueCounts.Searchers searchers = new ValueCounts.Searchers();

  /** Told of each value that occurs, in order, and how often in each range. Both are reused. */
  @FunctionalInterface
  interface Visitor {
    /** {@code false} ends it. */
    boolean accept(BytesRef value, long[] counts) throws IOException;
  }

  /**
   * Counts of a field.
   *
   * @param bounds ids, ascending: a range is from each on and before the next
   * @param scope the documents that count; {@code null} for all
   */
  TermCounts(List<Slice> slices, String field, long[] bounds, @Nullable Query scope)
      throws IOException {
    this.field = field;
    this.ranges = bounds.length - 1;
    try {
      for (Slice slice : slices) {
        IndexSearcher searcher = searchers.of(slice.shard());
        Weight counted =
            scope == null
                ? null
                : searcher.createWeight(searcher.rewrite(scope), ScoreMode.COMPLETE_NO_SCORES, 1);
        for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
          add(slice, leaf, bounds, counted);
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      searchers.close();
      throw e;
    }
  }

  private void add(Slice slice, LeafReaderContext leaf, long[] bounds, @Nullable Weight counted)
      throws IOException {
    int[] ends = new int[bounds.length];
    for (int i = 0; i < ends.length; i++) {
      long id = Math.max(bounds[i], slice.firstId());
      id = id > slice.lastId() ? slice.lastId() + 1 : id;
      ends[i] = DocRange.documentsFromId(leaf.reader(), id);
    }
    Terms terms = leaf.reader().terms(field);
    if (terms == null || ends[0] == ends[ends.length - 1]) {
      return;
    }
    RoaringDocIdSet within = null;
    if (counted != null) {
      Scorer matches = counted.scorer(leaf);
      if (matches == null) {
        return;
      }
      within = documents(matches.iterator(), leaf.reader().maxDoc());
    }
    leaves.add(new Leaf(slice.shard(), leaf.reader(), terms.iterator(), field, ends, within));
  }

  private static RoaringDocIdSet documents(DocIdSetIterator all, int maxDoc) throws IOException {
    RoaringDocIdSet.Builder documents = new RoaringDocIdSet.Builder(maxDoc);
    int seen = 0;
    for (int doc = all.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = all.nextDoc()) {
      documents.add(doc);
      if (++seen % SAFE_POINT_EVERY == 0) {
        SafePoint.reach();
      }
    }
    return documents.build();
  }

  /** The values of a Lucene segment, in order. */
  private static final class Leaf {
    private final Shard shard;
    private final LeafReader reader;
    private final TermsEnum terms;
    private final String field;
    private final int[] ends;

    /** The range that has all documents; negative if there is none. */
    private final int only;

    /** The documents that count; {@code null} for all. */
    private final @Nullable RoaringDocIdSet within;

    private @Nullable PostingsEnum postings;
    BytesRef value = new BytesRef();

    Leaf(
        Shard shard,
        LeafReader reader,
        TermsEnum terms,
        String field,
        int[] ends,
        @Nullable RoaringDocIdSet within) {
      this.shard = shard;
      this.reader = reader;
      this.terms = terms;
      this.field = field;
      this.ends = ends;
      this.only = onlyRange(ends, reader.maxDoc());
      this.within = within;
    }

    private static int onlyRange(int[] ends, int documents) {
      for (int i = 0; i < ends.length - 1; i++) {
        if (ends[i] == documents && ends[i + 1] == 0) {
          return i;
        }
      }
      return -1;
    }

    /** Goes to this value or the next there is; {@code false} if there is none. */
    boolean seek(BytesRef from) throws IOException {
      boolean found = terms.seekCeil(from) != TermsEnum.SeekStatus.END;
      if (found) {
        value = terms.term();
      }
      return found;
    }

    boolean next() throws IOException {
      BytesRef next = terms.next();
      if (next != null) {
        value = next;
      }
      return next != null;
    }

    void addTo(long[] counts) throws IOException {
      if (within != null) {
        addWithin(within, counts);
        return;
      }
      if (only >= 0) {
        counts[only] += terms.docFreq();
        return;
      }
      postings = terms.postings(postings, PostingsEnum.NONE);
      int[] own = shard.typeSums(reader).count(field, value.utf8ToString(), postings, ends);
      for (int i = 0; i < own.length; i++) {
        counts[i] += own[i];
      }
    }

    private void addWithin(RoaringDocIdSet documents, long[] counts) throws IOException {
      DocIdSetIterator some = documents.iterator();
      if (some == null) {
        return;
      }
      postings = terms.postings(postings, PostingsEnum.NONE);
      DocIdSetIterator both = ConjunctionUtils.intersectIterators(List.of(postings, some));
      int range = counts.length - 1;
      int seen = 0;
      for (int doc = both.advance(ends[counts.length]); doc < ends[0]; doc = both.nextDoc()) {
        while (doc >= ends[range]) {
          range--;
        }
        counts[range]++;
        if (++seen % SAFE_POINT_EVERY == 0) {
          SafePoint.reach();
        }
      }
    }
  }

  /** Goes through the values that occur, from this one on. */
  void forEach(BytesRef from, Visitor visitor) throws IOException {
    PriorityQueue<Leaf> next = new PriorityQueue<>(Comparator.comparing((Leaf leaf) -> leaf.value));
    for (Leaf leaf : leaves) {
      if (leaf.seek(from)) {
        next.add(leaf);
      }
    }
    BytesRefBuilder value = new BytesRefBuilder();
    long[] counts = new long[ranges];
    while (!next.isEmpty()) {
      SafePoint.reach();
      value.copyBytes(next.element().value);
      Arrays.fill(counts, 0);
      while (!next.isEmpty() && next.element().value.bytesEquals(value.get())) {
        Leaf leaf = next.remove();
        leaf.addTo(counts);
        if (leaf.next()) {
          next.add(leaf);
        }
      }
      if (sum(counts) > 0 && !visitor.accept(value.get(), counts)) {
        return;
      }
    }
  }

  /** How often a value occurs in all ranges. */
  long of(String value) throws IOException {
    BytesRef wanted = new BytesRef(value);
    long[] count = {0};
    forEach(
        wanted,
        (found, counts) -> {
          count[0] = found.bytesEquals(wanted) ? sum(counts) : 0;
          return false;
        });
    return count[0];
  }

  private static long sum(long[] counts) {
    return Arrays.stream(counts).sum();
  }

  /** A value, and how often it occurs in each range and in all. */
  private static final class Found {
    final String value;
    final long[] counts;
    final long total;

    Found(String value, long[] counts) {
      this.value = value;
      this.counts = counts.clone();
      this.total = sum(counts);
    }
  }

  /**
   * Of each range the values that occur.
   *
   * @param always these, and of the others those with the most documents in all ranges together
   * @param most so many others, and among equals the first by their name; further ones are only
   *     counted
   */
  List<LogStatistics.Counts> top(Set<String> always, int most) throws IOException {
    // Values come in order, so of two with equal counts the later is the worse one.
    PriorityQueue<Found> best =
        new PriorityQueue<>(
            Comparator.comparingLong((Found found) -> found.total)
                .thenComparing(found -> found.value, Comparator.reverseOrder()));
    Map<String, Found> listed = new HashMap<>();
    long[] others = new long[ranges];
    forEach(
        new BytesRef(),
        (value, counts) -> {
          String name = value.utf8ToString();
          Found worst = best.size() < most ? null : best.peek();
          if (always.contains(name)) {
            listed.put(name, new Found(name, counts));
          } else if (worst == null || sum(counts) > worst.total) {
            best.add(new Found(name, counts));
            if (best.size() > most) {
              add(others, best.remove().counts);
            }
          } else {
            add(others, counts);
          }
          return true;
        });
    best.forEach(found -> listed.put(found.value, found));
    List<LogStatistics.Counts> all = new ArrayList<>();
    for (int i = 0; i < ranges; i++) {
      SortedMap<String, Long> range = new TreeMap<>();
      for (Found found : listed.values()) {
        if (found.counts[i] > 0) {
          range.put(found.value, found.counts[i]);
        }
      }
      all.add(new LogStatistics.Counts(range, others[i]));
    }
    return all;
  }

  private static void add(long[] sums, long[] counts) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += counts[i];
    }
  }

  @Override
  public void close() throws IOException {
    searchers.close();
  }
}
