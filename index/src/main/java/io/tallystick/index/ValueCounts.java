package io.tallystick.index;

import io.tallystick.store.log.SafePoint;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BiFunction;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.BytesRefBuilder;
import org.apache.lucene.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * How often each value of a field occurs among documents that are given by and by. Keeps at most a
 * number for each value of a Lucene segment, and no value: each segment has its own in order, and
 * they are merged when they are asked for.
 */
final class ValueCounts {
  private static final int SAFE_POINT_EVERY = 10_000;

  private final String field;
  private final List<Source> sources = new ArrayList<>();

  /** Nothing counted yet of a field with sorted doc values. */
  ValueCounts(String field) {
    this.field = field;
  }

  /** Searchers of shards, which what is counted in them needs until it is asked for. */
  static final class Searchers implements Closeable {
    private final List<Shard.Held> held = new ArrayList<>();

    IndexSearcher of(Shard shard) throws IOException {
      held.add(shard.hold());
      return held.getLast().searcher();
    }

    @Override
    public void close() throws IOException {
      IOUtils.close(held);
    }
  }

  /** The values of a segment, in order, and how often each occurs. */
  private abstract static class Source {
    BytesRef value = new BytesRef();
    long count;

    /** Goes to the next value that occurs; {@code false} if there is none. */
    abstract boolean next() throws IOException;
  }

  /** All documents of a segment. */
  private static final class Whole extends Source {
    private final TermsEnum terms;

    Whole(TermsEnum terms) {
      this.terms = terms;
    }

    @Override
    boolean next() throws IOException {
      BytesRef term = terms.next();
      if (term == null) {
        return false;
      }
      value = term;
      count = terms.docFreq();
      return true;
    }
  }

  /** Some documents of a segment, counted for each ordinal of a value. */
  private static final class Counted extends Source {
    private final SortedDocValues values;
    private final int[] counts;
    private int ordinal = -1;

    Counted(SortedDocValues values) {
      this.values = values;
      this.counts = new int[values.getValueCount()];
    }

    @Override
    boolean next() throws IOException {
      do {
        ordinal++;
      } while (ordinal < counts.length && counts[ordinal] == 0);
      if (ordinal == counts.length) {
        return false;
      }
      value = values.lookupOrd(ordinal);
      count = counts[ordinal];
      return true;
    }
  }

  /** Adds the documents that match to each of these; how many there are. */
  static long add(IndexSearcher searcher, Query query, List<ValueCounts> all) throws IOException {
    Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1);
    long total = 0;
    for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
      Scorer matches = weight.scorer(leaf);
      if (matches != null) {
        total += add(leaf, matches.iterator(), all);
      }
    }
    return total;
  }

  /** Adds these documents of a segment, each of which is looked at. */
  void add(LeafReaderContext leaf, DocIdSetIterator documents) throws IOException {
    add(leaf, documents, List.of(this));
  }

  private static long add(LeafReaderContext leaf, DocIdSetIterator documents, List<ValueCounts> all)
      throws IOException {
    Counted[] found = new Counted[all.size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = new Counted(DocValues.getSorted(leaf.reader(), all.get(i).field));
      all.get(i).sources.add(found[i]);
    }
    long total = 0;
    for (int doc = documents.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = documents.nextDoc()) {
      if (total++ % SAFE_POINT_EVERY == 0) {
        SafePoint.reach();
      }
      for (Counted one : found) {
        if (one.values.advanceExact(doc)) {
          one.counts[one.values.ordValue()]++;
        }
      }
    }
    return total;
  }

  /** Adds all documents of a segment, which costs as much as there are different values. */
  void addAll(LeafReaderContext leaf) throws IOException {
    Terms terms = leaf.reader().terms(field);
    if (terms != null) {
      sources.add(new Whole(terms.iterator()));
    }
  }

  private record Found(BytesRef value, long count) {}

  /** The values that occur most, and among equals the first by their name. To be asked once. */
  <T> List<T> top(int most, BiFunction<BytesRef, Long, T> result) throws IOException {
    Comparator<Found> order =
        Comparator.comparingLong(Found::count).reversed().thenComparing(Found::value);
    PriorityQueue<Found> best = new PriorityQueue<>(order.reversed());
    PriorityQueue<Source> next =
        new PriorityQueue<>(Comparator.comparing((Source source) -> source.value));
    for (Source source : sources) {
      if (source.next()) {
        next.add(source);
      }
    }
    BytesRefBuilder value = new BytesRefBuilder();
    while (!next.isEmpty()) {
      value.copyBytes(next.element().value);
      long count = takeAll(next, value.get());
      @Nullable Found worst = best.size() < most ? null : best.peek();
      // Values come in order, so an equal count is not better.
      if (worst == null || count > worst.count) {
        best.add(new Found(value.toBytesRef(), count));
        if (best.size() > most) {
          best.remove();
        }
      }
    }
    return best.stream()
        .sorted(order)
        .map(found -> result.apply(found.value, found.count))
        .toList();
  }

  /** Passes over a value in all segments that have it; how often it occurs in them. */
  private static long takeAll(PriorityQueue<Source> next, BytesRef value) throws IOException {
    long count = 0;
    while (!next.isEmpty() && next.element().value.bytesEquals(value)) {
      Source source = next.remove();
      count += source.count;
      if (source.next()) {
        next.add(source);
      }
    }
    return count;
  }
}
