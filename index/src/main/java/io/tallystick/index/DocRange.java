package io.tallystick.index;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PointValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;

/**
 * The documents of a range of ids in one Lucene segment, which keeps them newest first.
 *
 * @param from the first document
 * @param to the first one after them
 * @param all whether the segment has no others
 */
record DocRange(int from, int to, boolean all) {

  /** Where the ids from {@code fromId} to {@code toId}, both included, are. */
  static DocRange of(IndexSearcher searcher, LeafReaderContext leaf, long fromId, long toId)
      throws IOException {
    int from =
        toId == Long.MAX_VALUE ? 0 : documentsFrom(searcher, leaf, EntryDocument.ID, toId + 1);
    int to = documentsFrom(searcher, leaf, EntryDocument.ID, fromId);
    return new DocRange(from, to, from == 0 && to == leaf.reader().maxDoc());
  }

  /** How many documents have this id or time, or a later one; they are the first ones. */
  static int documentsFrom(IndexSearcher searcher, LeafReaderContext leaf, String field, long value)
      throws IOException {
    PointValues points = leaf.reader().getPointValues(field);
    if (points == null || value > LongPoint.decodeDimension(points.getMaxPackedValue(), 0)) {
      return 0;
    }
    if (value <= LongPoint.decodeDimension(points.getMinPackedValue(), 0)) {
      return leaf.reader().maxDoc();
    }
    Query later = LongPoint.newRangeQuery(field, value, Long.MAX_VALUE);
    int count = searcher.createWeight(later, ScoreMode.COMPLETE_NO_SCORES, 1).count(leaf);
    if (count < 0) {
      throw new CorruptIndexException("documents are missing that nothing deletes", field);
    }
    return count;
  }

  /** Id of the first entry recorded at this time or later, as far as the slices reach. */
  static long firstIdAtOrAfter(List<Slice> oldestFirst, Instant time) throws IOException {
    long nanos = EntryDocument.nanos(time);
    long id = oldestFirst.isEmpty() ? 1 : oldestFirst.getFirst().firstId();
    for (Slice slice : oldestFirst) {
      long before =
          slice
              .shard()
              .<Long>search(searcher -> {
                long count = 0;
                for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
                  int later = documentsFrom(searcher, leaf, EntryDocument.TIME, nanos);
                  count += leaf.reader().maxDoc() - later;
                }
                return count;
              });
      long first = Math.min(slice.shard().firstId() + before - 1, slice.lastId()) + 1;
      if (before > 0 && first > slice.firstId()) {
        id = first;
      }
    }
    return id;
  }

  DocIdSetIterator documents() {
    return from < to ? DocIdSetIterator.range(from, to) : DocIdSetIterator.empty();
  }
}
