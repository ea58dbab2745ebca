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
 * How often each event type and each category occurs among the first documents of a Lucene segment,
 * at every {@link #STEP}th document; with it a count over a range costs the same however long the
 * range is. Made once for a segment, which never changes; takes at most two bytes a document.
 * Immutable.
 */
final class TypeSums {
  private static final int STEP = 1_024;

  /** Values that fewer than one document in so many has have no sums: all of them can be read. */
  private static final int RARE = 256;

  /** Of each field that is counted, of each value that is not rare. */
  private final Map<String, Map<String, int[]>> sums = new HashMap<>();

  /** Of all documents of this segment. */
  TypeSums(LeafReader segment) throws IOException {
    for (String field : EntryDocument.COUNTED) {
      sums.put(field, sums(segment, field));
    }
  }

  private static Map<String, int[]> sums(LeafReader segment, String field) throws IOException {
    Map<String, int[]> sums = new HashMap<>();
    Terms terms = segment.terms(field);
    int documents = segment.maxDoc();
    if (terms == null || documents < STEP) {
      return sums;
    }
    TermsEnum values = terms.iterator();
    PostingsEnum postings = null;
    for (BytesRef value = values.next(); value != null; value = values.next()) {
      if ((long) values.docFreq() * RARE >= documents) {
        postings = values.postings(postings, PostingsEnum.NONE);
        sums.put(value.utf8ToString(), sums(postings, documents));
      }
    }
    return sums;
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
   * Counts the occurrences of a value in neighbouring ranges of documents.
   *
   * @param field one of {@link EntryDocument#COUNTED}
   * @param postings of the value, not moved yet
   * @param ends descending; range i is from {@code ends[i + 1]} on and before {@code ends[i]}
   */
  int[] count(String field, String value, PostingsEnum postings, int[] ends) throws IOException {
    int @Nullable [] known = sums.getOrDefault(field, Map.of()).get(value);
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
