package io.tallystick.index;

import java.io.IOException;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.index.LeafReaderContext;
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
    Query later = LongPoint.newRangeQuery(field, value, Long.MAX_VALUE);
    int count = searcher.createWeight(later, ScoreMode.COMPLETE_NO_SCORES, 1).count(leaf);
    if (count < 0) {
      throw new IOException("the index has lost documents that nobody deletes");
    }
    return count;
  }

  DocIdSetIterator documents() {
    return from < to ? DocIdSetIterator.range(from, to) : DocIdSetIterator.empty();
  }
}
