package io.tallystick.index;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.store.FSDirectory;
import org.jspecify.annotations.Nullable;

/** What a shard's commit records besides its documents: which log, how far, in which layout. */
final class ShardCommit {
  private static final String ORIGIN = "origin";
  private static final String INDEXED_THROUGH = "indexed_through";
  private static final String FORMAT = "format";

  /** What {@link EntryDocument} makes of an entry. A shard of another layout is rebuilt. */
  private static final String CURRENT_FORMAT = "6";

  private ShardCommit() {}

  static Map<String, String> data(String origin, long through) {
    return Map.of(ORIGIN, origin, INDEXED_THROUGH, Long.toString(through), FORMAT, CURRENT_FORMAT);
  }

  /** The last id that was committed. */
  static long position(
      @Nullable Iterable<Map.Entry<String, String>> data, String origin, long firstId)
      throws CorruptIndexException {
    String position = null;
    String log = null;
    String format = null;
    if (data != null) {
      for (Map.Entry<String, String> entry : data) {
        switch (entry.getKey()) {
          case INDEXED_THROUGH -> position = entry.getValue();
          case ORIGIN -> log = entry.getValue();
          case FORMAT -> format = entry.getValue();
          default -> throw new CorruptIndexException("unknown commit data", entry.getKey());
        }
      }
    }
    if (position == null || !origin.equals(log)) {
      throw new CorruptIndexException("the shard is of another log, " + log, "commit");
    }
    if (!CURRENT_FORMAT.equals(format)) {
      throw new CorruptIndexException("the shard has another format, " + format, "commit");
    }
    long through = Long.parseLong(position);
    if (through < firstId - 1) {
      throw new CorruptIndexException("the shard ends before it begins: " + through, "commit");
    }
    return through;
  }

  /** Whether files of the last commit are no longer on the disk. */
  static boolean isMissing(FSDirectory files) {
    try {
      for (String name : SegmentInfos.readLatestCommit(files).files(true)) {
        if (!Files.exists(files.getDirectory().resolve(name))) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return true;
    }
  }
}
