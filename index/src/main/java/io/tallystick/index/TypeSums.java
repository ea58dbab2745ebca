package io.tallystick.index;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * How often each event type occurs among the first documents of a Lucene segment, at every {@link
 * #STEP}th document; with it a count over a range costs the same however long the range is. Made
 * once for a segment, which never changes; takes at most one byte a document. Immutable.
 */
final class TypeSums {
  private static final int STEP = 1_024;

  /** Types that fewer than one document in so many has have no sums: all of them can be read. */
  private static final int RARE = 256;

  private final Map<String, int[]> sums = new HashMap<>();

  /** Of all documents of this segment. */
  TypeSums(LeafReader segment) throws IOException {
    Terms terms = segment.terms(EntryDocument.EVENT_TYPE);
    int documents = segment.maxDoc();
    if (terms == null || documents < STEP) {
      return;
    }
    TermsEnum types = terms.iterator();
    PostingsEnum postings = null;
    for (BytesRef type = types.next(); type != null; type = types.next()) {
      if ((long) types.docFreq() * RARE >= documents) {
        postings = types.postings(postings, PostingsEnum.NONE);
        sums.put(type.utf8ToString(), sums(postings, documents));
      }
    }
  }

  private static int[] sums(PostingsEnum postings, int documents) throws IOException {
    int[] sums = new int[documents / STEP + 1];
    int seen = 0;
    int doc = postings.nextDoc();
    for (int i = 0; i < sums.length; i++) {
      for (; doc < i * STEP; doc = postings.nextDoc()) {
        seen++;
      }
      sums[i] = seen;
    }
    return sums;
  }

  /**
   * Counts the occurrences of a type in neighbouring ranges of documents.
   *
   * @param postings of the type, not moved yet
   * @param ends descending; range i is from {@code ends[i + 1]} on and before {@code ends[i]}
   */
  int[] count(String type, PostingsEnum postings, int[] ends) throws IOException {
    int @Nullable [] known = sums.get(type);
    int[] counts = new int[ends.length - 1];
    int doc = postings.docID();
    int seen = 0;
    int before = 0;
    for (int i = counts.length; i >= 0; i--) {
      int start = known == null ? ends[counts.length] : ends[i] / STEP * STEP;
      if (start > doc) {
        doc = postings.advance(start);
        seen = known == null ? 0 : known[start / STEP];
      }
      for (; doc < ends[i]; doc = postings.nextDoc()) {
        seen++;
      }
      if (i < counts.length) {
        counts[i] = seen - before;
      }
      before = seen;
    }
    return counts;
  }
}
