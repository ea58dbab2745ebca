package io.tallystick.index;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.util.BytesRef;

/**
 * Counts event types in neighbouring ranges of ids: the documents of a Lucene segment are in the
 * order of their ids, so such a range is a range of documents, and {@link TypeSums} counts in it. A
 * segment that lies in one range costs no more than its types.
 */
final class Timeline {
  private final long[] bounds;
  private final List<SortedMap<String, Long>> ranges = new ArrayList<>();

  private Timeline(long[] bounds) {
    this.bounds = bounds;
    for (int i = 1; i < bounds.length; i++) {
      ranges.add(new TreeMap<>());
    }
  }

  /**
   * The types that occur from each id on and before the next, and how often.
   *
   * @param bounds ids, ascending
   */
  static List<SortedMap<String, Long>> count(List<Slice> slices, long[] bounds) throws IOException {
    Timeline timeline = new Timeline(bounds);
    for (Slice slice : slices) {
      slice
          .shard()
          .search(searcher -> {
            for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
              timeline.add(slice, searcher, leaf);
            }
            return timeline;
          });
    }
    return timeline.ranges;
  }

  private void add(Slice slice, IndexSearcher searcher, LeafReaderContext leaf) throws IOException {
    int[] ends = new int[bounds.length];
    for (int i = 0; i < ends.length; i++) {
      long id = Math.max(bounds[i], slice.firstId());
      id = id > slice.lastId() ? slice.lastId() + 1 : id;
      ends[i] = DocRange.documentsFrom(searcher, leaf, EntryDocument.ID, id);
    }
    Terms terms = leaf.reader().terms(EntryDocument.EVENT_TYPE);
    if (terms == null || ends[0] == ends[ends.length - 1]) {
      return;
    }
    int only = onlyRange(ends, leaf.reader().maxDoc());
    TermsEnum types = terms.iterator();
    PostingsEnum postings = null;
    for (BytesRef type = types.next(); type != null; type = types.next()) {
      String name = type.utf8ToString();
      if (only >= 0) {
        add(only, name, types.docFreq());
      } else {
        postings = types.postings(postings, PostingsEnum.NONE);
        int[] counts = slice.shard().typeSums(leaf.reader()).count(name, postings, ends);
        for (int i = 0; i < counts.length; i++) {
          add(i, name, counts[i]);
        }
      }
    }
  }

  /** The range that has all documents; negative if there is none. */
  private static int onlyRange(int[] ends, int documents) {
    for (int i = 0; i < ends.length - 1; i++) {
      if (ends[i] == documents && ends[i + 1] == 0) {
        return i;
      }
    }
    return -1;
  }

  private void add(int range, String type, long count) {
    if (count > 0) {
      ranges.get(range).merge(type, count, Long::sum);
    }
  }
}
