package io.tallystick.index;

import io.tallystick.index.ShardCommit.Content;
import io.tallystick.index.ShardCommit.Position;
import io.tallystick.index.files.CheckedDirectory;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.store.Directory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of shards: how they are found, written and checked. */
final class ShardFiles {
  private static final double BUFFER_MEGABYTES = 64;

  /** With less free space than this, a failed write is blamed on a full disk. */
  private static final long FULL_BYTES = 32L << 20;

  private static final Logger LOG = LoggerFactory.getLogger(ShardFiles.class);

  private ShardFiles() {}

  /** The directories of shards, by the shard's first id. */
  static SortedMap<Long, Path> find(Path directory) throws IOException {
    SortedMap<Long, Path> found = new TreeMap<>();
    if (!Files.isDirectory(directory)) {
      return found;
    }
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory)) {
      for (Path path : paths) {
        String name = String.valueOf(path.getFileName());
        if (name.matches("[1-9][0-9]{0,17}") && Files.isDirectory(path)) {
          found.put(Long.valueOf(name), path);
        }
      }
    }
    return found;
  }

  /** Deletes the shards all of whose entries retention removed. */
  static void dropRemoved(SortedMap<Long, Path> found, long firstId) throws IOException {
    while (found.size() > 1) {
      long second = found.tailMap(found.firstKey() + 1).firstKey();
      if (second > firstId) {
        break;
      }
      Shard.delete(Objects.requireNonNull(found.remove(found.firstKey())));
    }
  }

  /** Why writing here failed, for clients; the details are in the server's log. */
  static String cause(Path directory, Throwable e) {
    try {
      if (Files.getFileStore(directory).getUsableSpace() < FULL_BYTES) {
        return "the disk is full";
      }
    } catch (IOException unknown) {
      LOG.debug("the free space of {} is unknown", directory, unknown);
    }
    return e instanceof LogException
        ? String.valueOf(e.getMessage())
        : "reading or writing failed, the server's own log says why";
  }

  /**
   * A writer of what was last committed, which is checked; or of nothing, which is committed.
   *
   * @param erasedThrough the last erasure that was carried out before a new shard has documents
   */
  static IndexWriter writer(Directory directory, long firstId, Content content, long erasedThrough)
      throws IOException {
    boolean exists = DirectoryReader.indexExists(directory);
    if (exists) {
      checkIntegrity(directory);
    }
    IndexWriter writer = new IndexWriter(directory, config());
    try {
      if (!exists) {
        commit(writer, content, new Position(firstId - 1, erasedThrough));
      }
      return writer;
    } catch (IOException | RuntimeException e) {
      writer.rollback();
      throw e;
    }
  }

  static IndexWriterConfig config() {
    return new IndexWriterConfig()
        .setIndexSort(Shard.NEWEST_FIRST)
        // However few documents of a segment are deleted, nothing of them may stay.
        .setMergePolicy(new TieredMergePolicy().setForceMergeDeletesPctAllowed(0))
        // A query waits for the refresh, and must not wait for a merge as well.
        .setMaxFullFlushMergeWaitMillis(0)
        .setRAMBufferSizeMB(BUFFER_MEGABYTES)
        .setCommitOnClose(false);
  }

  static void commit(IndexWriter writer, Content content, Position position) throws IOException {
    writer.setLiveCommitData(ShardCommit.data(content, position).entrySet(), false);
    writer.commit();
  }

  /** Rewrites the segments that have deleted documents, so that nothing of those is left. */
  static void mergeDeletions(IndexWriter writer) throws IOException {
    writer.forceMergeDeletes(true);
    if (writer.hasDeletions()) {
      // Another merge was under way and has carried deletions over into its segment.
      writer.forceMergeDeletes(true);
    }
    if (writer.hasDeletions()) {
      writer.forceMerge(1);
    }
  }

  static void checkIntegrity(Directory directory) throws IOException {
    try (DirectoryReader reader = DirectoryReader.open(new CheckedDirectory(directory))) {
      for (LeafReaderContext leaf : reader.leaves()) {
        leaf.reader().checkIntegrity();
      }
    }
  }
}
