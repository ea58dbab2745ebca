package io.tallystick.index;

import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

/** How often each value of a field occurs among documents that are given by and by. */
final class ValueCounts {
  private final String field;
  private final Map<String, Long> counts = new HashMap<>();

  /** Nothing counted yet of a field with sorted doc values. */
  ValueCounts(String field) {
    this.field = field;
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
    SortedDocValues[] values = new SortedDocValues[all.size()];
    int[][] found = new int[values.length][];
    for (int i = 0; i < values.length; i++) {
      values[i] = DocValues.getSorted(leaf.reader(), all.get(i).field);
      found[i] = new int[values[i].getValueCount()];
    }
    long total = 0;
    for (int doc = documents.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = documents.nextDoc()) {
      total++;
      for (int i = 0; i < values.length; i++) {
        if (values[i].advanceExact(doc)) {
          found[i][values[i].ordValue()]++;
        }
      }
    }
    for (int i = 0; i < values.length; i++) {
      for (int ordinal = 0; ordinal < found[i].length; ordinal++) {
        if (found[i][ordinal] > 0) {
          String value = values[i].lookupOrd(ordinal).utf8ToString();
          all.get(i).counts.merge(value, (long) found[i][ordinal], Long::sum);
        }
      }
    }
    return total;
  }

  /** Adds all documents of a segment, which costs as much as there are different values. */
  void addAll(LeafReaderContext leaf) throws IOException {
    Terms terms = leaf.reader().terms(field);
    if (terms != null) {
      TermsEnum all = terms.iterator();
      for (BytesRef term = all.next(); term != null; term = all.next()) {
        counts.merge(term.utf8ToString(), (long) all.docFreq(), Long::sum);
      }
    }
  }

  /** The values that occur most, and among equals the first by their name. */
  <T> List<T> top(int most, BiFunction<String, Long, T> result) {
    Comparator<Map.Entry<String, Long>> order =
        Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
            .thenComparing(Map.Entry.comparingByKey());
    PriorityQueue<Map.Entry<String, Long>> best = new PriorityQueue<>(order.reversed());
    for (Map.Entry<String, Long> entry : counts.entrySet()) {
      best.add(entry);
      if (best.size() > most) {
        best.remove();
      }
    }
    return best.stream()
        .sorted(order)
        .map(entry -> result.apply(entry.getKey(), entry.getValue()))
        .toList();
  }
}
