package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.junit.jupiter.api.Test;

/** Counts in ranges of documents, compared with counting them one by one. */
class TypeSumsTest {
  private static final int DOCUMENTS = 20_000;

  @Test
  void countsOfAnyRangesAreExact() throws Exception {
    Random random = new Random(5);
    String[] types = new String[DOCUMENTS];
    for (int i = 0; i < types.length; i++) {
      int n = random.nextInt(1_000);
      types[i] = n < 600 ? "common" : n < 630 ? "less" : n < 631 ? "rare" : null;
    }
    Arrays.fill(types, 4_000, 9_000, "common");
    types[DOCUMENTS - 1] = "last";
    try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
      write(directory, types);
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        LeafReader segment = reader.leaves().getFirst().reader();
        assertThat(segment.maxDoc()).isEqualTo(DOCUMENTS);
        TypeSums sums = new TypeSums(segment);
        for (int i = 0; i < 300; i++) {
          int[] ends = ends(random);
          for (String type : new String[] {"common", "less", "rare", "last"}) {
            PostingsEnum postings =
                segment.postings(new Term(EntryDocument.EVENT_TYPE, type), PostingsEnum.NONE);
            assertThat(sums.count(EntryDocument.EVENT_TYPE, type, postings, ends))
                .as("%s in %s", type, Arrays.toString(ends))
                .isEqualTo(counted(types, type, ends));
          }
        }
      }
    }
  }

  private static void write(ByteBuffersDirectory directory, String[] types) throws IOException {
    try (IndexWriter writer = new IndexWriter(directory, new IndexWriterConfig())) {
      for (String type : types) {
        Document document = new Document();
        if (type != null) {
          document.add(new StringField(EntryDocument.EVENT_TYPE, type, Field.Store.NO));
        }
        writer.addDocument(document);
      }
      writer.forceMerge(1);
    }
  }

  /** Some ends, descending: near each other, far apart, on steps, and at both edges. */
  private static int[] ends(Random random) {
    TreeSet<Integer> ends = new TreeSet<>();
    while (ends.size() < 2 + random.nextInt(40)) {
      int end = random.nextInt(DOCUMENTS + 1);
      ends.add(
          switch (random.nextInt(4)) {
            case 0 -> end / 1_024 * 1_024;
            case 1 -> random.nextBoolean() ? 0 : DOCUMENTS;
            case 2 -> 5_000 + random.nextInt(60);
            default -> end;
          });
    }
    return ends.descendingSet().stream().mapToInt(end -> end).toArray();
  }

  private static int[] counted(String[] types, String type, int[] ends) {
    int[] counts = new int[ends.length - 1];
    for (int i = 0; i < counts.length; i++) {
      for (int doc = ends[i + 1]; doc < ends[i]; doc++) {
        counts[i] += type.equals(types[doc]) ? 1 : 0;
      }
    }
    return counts;
  }
}
