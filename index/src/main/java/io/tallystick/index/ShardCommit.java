package io.tallystick.index;

import io.tallystick.index.files.CheckedDirectory;
import io.tallystick.index.text.IndexedDetails;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.store.FSDirectory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a shard's commit records besides its documents: which log, how far, in which layout. */
final class ShardCommit {
  private static final Logger LOG = LoggerFactory.getLogger(ShardCommit.class);
  private static final String ORIGIN = "origin";
  private static final String INDEXED_THROUGH = "indexed_through";
  private static final String FORMAT = "format";

  /** What {@link EntryDocument} makes of an entry. A shard of another layout is rebuilt. */
  private static final String CURRENT_FORMAT = "8";

  private static final String DETAILS = "details";
  private static final String ERASED_THROUGH = "erased_through";

  private ShardCommit() {}

  /** Whose entries a shard has, and how much of their details. */
  record Content(String origin, IndexedDetails details) {}

  /**
   * How far a shard is.
   *
   * @param through the last id that was indexed
   * @param erasedThrough the entry that records the last erasure that its documents follow; 0 for
   *     none
   */
  record Position(long through, long erasedThrough) {}

  static Map<String, String> data(Content content, Position position) {
    return Map.of(
        ORIGIN,
        content.origin(),
        INDEXED_THROUGH,
        Long.toString(position.through()),
        ERASED_THROUGH,
        Long.toString(position.erasedThrough()),
        FORMAT,
        CURRENT_FORMAT,
        DETAILS,
        content.details().toString());
  }

  /** How much of the details the newest of these shards has; all, if there is none to be read. */
  static IndexedDetails details(SortedMap<Long, Path> shards) {
    if (shards.isEmpty()) {
      return IndexedDetails.TEXT;
    }
    try (FSDirectory files = FSDirectory.open(shards.lastEntry().getValue())) {
      String word = commit(files).getUserData().get(DETAILS);
      for (IndexedDetails level : IndexedDetails.values()) {
        if (level.toString().equals(word)) {
          return level;
        }
      }
    } catch (IOException e) {
      LOG.debug("the commit of an index shard can't be read, which opening it will say", e);
    }
    return IndexedDetails.TEXT;
  }

  private static SegmentInfos commit(FSDirectory files) throws IOException {
    return SegmentInfos.readLatestCommit(new CheckedDirectory(files));
  }

  /** How far it was when it was committed. */
  static Position position(
      @Nullable Iterable<Map.Entry<String, String>> data, Content content, long firstId)
      throws CorruptIndexException {
    String position = null;
    String log = null;
    String format = null;
    String details = null;
    String erased = "0";
    if (data != null) {
      for (Map.Entry<String, String> entry : data) {
        switch (entry.getKey()) {
          case INDEXED_THROUGH -> position = entry.getValue();
          case ORIGIN -> log = entry.getValue();
          case FORMAT -> format = entry.getValue();
          case ERASED_THROUGH -> erased = entry.getValue();
          case DETAILS -> details = entry.getValue();
          default -> throw new CorruptIndexException("unknown commit data", entry.getKey());
        }
      }
    }
    if (position == null || !content.origin().equals(log)) {
      throw new CorruptIndexException("the shard is of another log, " + log, "commit");
    }
    if (!CURRENT_FORMAT.equals(format)) {
      throw new CorruptIndexException("the shard has another format, " + format, "commit");
    }
    if (!content.details().toString().equals(details)) {
      throw new CorruptIndexException(
          "the shard has of details: " + details + ", not " + content.details(), "commit");
    }
    long through = Long.parseLong(position);
    if (through < firstId - 1) {
      throw new CorruptIndexException("the shard ends before it begins: " + through, "commit");
    }
    return new Position(through, Long.parseLong(erased));
  }

  /** Whether files of the last commit are no longer on the disk. */
  static boolean isMissing(FSDirectory files) {
    try {
      for (String name : commit(files).files(true)) {
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
