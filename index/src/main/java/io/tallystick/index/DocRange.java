package io.tallystick.index;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DocValuesSkipper;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.search.DocIdSetIterator;
import org.jspecify.annotations.Nullable;

/**
 * The documents of a range of ids in one Lucene segment, which keeps them newest first.
 *
 * @param from the first document
 * @param to the first one after them
 * @param all whether the segment has no others
 */
record DocRange(int from, int to, boolean all) {

  /** Where the ids from {@code fromId} to {@code toId}, both included, are. */
  static DocRange of(LeafReader leaf, long fromId, long toId) throws IOException {
    int from = toId == Long.MAX_VALUE ? 0 : documentsFromId(leaf, toId + 1);
    int to = documentsFromId(leaf, fromId);
    return new DocRange(from, to, from == 0 && to == leaf.maxDoc());
  }

  /** How many documents have this id or a later one; they are the first ones. */
  static int documentsFromId(LeafReader leaf, long id) throws IOException {
    DocValuesSkipper ids = values(leaf, EntryDocument.ID);
    if (ids == null || id > ids.maxValue()) {
      return 0;
    }
    if (id <= ids.minValue()) {
      return leaf.maxDoc();
    }
    // No id is there twice, so where none is missing either, nothing is left to be searched.
    long least = ids.minValue() + leaf.maxDoc() - id;
    long most = ids.maxValue() - id + 1;
    return documentsFrom(
        leaf, EntryDocument.ID, id, (int) Math.max(0, least), (int) Math.min(leaf.maxDoc(), most));
  }

  /** How many documents have this time or a later one; they are the first ones. */
  private static int documentsFromTime(LeafReader leaf, long nanos) throws IOException {
    return values(leaf, EntryDocument.TIME) == null
        ? 0
        : documentsFrom(leaf, EntryDocument.TIME, nanos, 0, leaf.maxDoc());
  }

  /** What the index knows of a field that every document has; {@code null} without documents. */
  private static @Nullable DocValuesSkipper values(LeafReader leaf, String field)
      throws IOException {
    DocValuesSkipper values = leaf.getDocValuesSkipper(field);
    if (values != null && values.docCount() != leaf.maxDoc()) {
      throw new CorruptIndexException("documents are missing that nothing deletes", field);
    }
    return values;
  }

  /** The same, known to be from {@code least} to {@code most}. */
  private static int documentsFrom(LeafReader leaf, String field, long value, int least, int most)
      throws IOException {
    int low = least;
    int high = most;
    while (low < high) {
      int middle = (low + high) >>> 1;
      // Lucene's values are only read onwards.
      NumericDocValues values = leaf.getNumericDocValues(field);
      if (values.advanceExact(middle) && values.longValue() >= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
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
                  int later = documentsFromTime(leaf.reader(), nanos);
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
