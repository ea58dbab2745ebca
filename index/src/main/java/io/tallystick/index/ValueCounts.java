package io.tallystick.index;

import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** Adds the documents that match. */
  void add(IndexSearcher searcher, Query query) throws IOException {
    Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1);
    for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
      Scorer matches = weight.scorer(leaf);
      if (matches != null) {
        add(leaf, matches.iterator());
      }
    }
  }

  /** Adds these documents, each of which is looked at. */
  void add(LeafReaderContext leaf, DocIdSetIterator documents) throws IOException {
    SortedDocValues values = DocValues.getSorted(leaf.reader(), field);
    int[] found = new int[values.getValueCount()];
    for (int doc = documents.nextDoc();
        doc != DocIdSetIterator.NO_MORE_DOCS;
        doc = documents.nextDoc()) {
      if (values.advanceExact(doc)) {
        found[values.ordValue()]++;
      }
    }
    for (int ordinal = 0; ordinal < found.length; ordinal++) {
      if (found[ordinal] > 0) {
        counts.merge(values.lookupOrd(ordinal).utf8ToString(), (long) found[ordinal], Long::sum);
      }
    }
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
    return counts.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(most)
        .map(entry -> result.apply(entry.getKey(), entry.getValue()))
        .toList();
  }
}
