package io.tallystick.index;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.index.ShardCommit.Content;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.NRTCachingDirectory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index of a run of consecutive ids, a Lucene index of its own. One thread adds; any number
 * search.
 *
 * <p>An error while it is written may have lost documents, and Lucene closes a writer for most.
 * {@link #recover} then goes back to the last commit; searches see what they saw before, until as
 * much is added again.
 *
 * <p>Its documents are kept sorted by id, newest first, so that a page of the newest matches ends
 * early. How far it has come and whose log it indexes is in the commit, with the documents,
 * atomically.
 */
final class Shard implements Closeable {
  static final Sort NEWEST_FIRST =
      new Sort(new SortField(EntryDocument.ID, SortField.Type.LONG, true));
  static final Sort OLDEST_FIRST =
      new Sort(new SortField(EntryDocument.ID, SortField.Type.LONG, false));

  private static final double BUFFER_MEGABYTES = 64;

  /** Segments up to this size stay in memory until the next commit or merge ... */
  private static final double SMALL_MEGABYTES = 8;

  /** ... as long as all of them together are not larger than this. */
  private static final double ALL_SMALL_MEGABYTES = 64;

  private static final Logger LOG = LoggerFactory.getLogger(Shard.class);

  private final long firstId;
  private final Content content;
  private final Directory directory;
  private volatile SearcherManager searchers;

  /** Of the Lucene segments that were counted in and are still searched. */
  private final Map<IndexReader.CacheKey, TypeSums> typeSums = new ConcurrentHashMap<>();

  /** {@code null} in a shard that is only read, and where it could not be opened again. */
  private @Nullable IndexWriter writer;

  private volatile boolean readOnly;
  private volatile long indexedThrough;
  private long committedThrough;

  /** Whether the writer's last operation failed. */
  private boolean failed;

  /** Whether the searchers belong to an earlier writer. */
  private boolean reopened;

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private @Nullable IndexWriter merging;

  private Shard(
      long firstId,
      Content content,
      Directory directory,
      @Nullable IndexWriter writer,
      SearcherManager searchers,
      long indexedThrough) {
    this.firstId = firstId;
    this.content = content;
    this.directory = directory;
    this.writer = writer;
    this.readOnly = writer == null;
    this.searchers = searchers;
    this.indexedThrough = indexedThrough;
    this.committedThrough = indexedThrough;
  }

  /** A search. */
  @FunctionalInterface
  interface Search<T> {
    T in(IndexSearcher searcher) throws IOException;
  }

  /** Opens a shard to be written, or makes an empty one; takes Lucene's lock on it. */
  static Shard write(Directory directory, long firstId, Content content) throws IOException {
    try {
      IndexWriter writer = openWriter(directory, firstId, content);
      try {
        long through = ShardCommit.position(writer.getLiveCommitData(), content, firstId);
        SearcherManager searchers = new SearcherManager(writer, null);
        return new Shard(firstId, content, directory, writer, searchers, through);
      } catch (IOException | RuntimeException e) {
        writer.rollback();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /** A writer of what was last committed, which is checked; or of nothing, which is committed. */
  private static IndexWriter openWriter(Directory directory, long firstId, Content content)
      throws IOException {
    boolean exists = DirectoryReader.indexExists(directory);
    if (exists) {
      checkIntegrity(directory);
    }
    IndexWriter writer = new IndexWriter(directory, config());
    try {
      if (!exists) {
        commit(writer, content, firstId - 1);
      }
      return writer;
    } catch (IOException | RuntimeException e) {
      writer.rollback();
      throw e;
    }
  }

  private static IndexWriterConfig config() {
    return new IndexWriterConfig()
        .setIndexSort(NEWEST_FIRST)
        // A query waits for the refresh, and must not wait for a merge as well.
        .setMaxFullFlushMergeWaitMillis(0)
        .setRAMBufferSizeMB(BUFFER_MEGABYTES)
        .setCommitOnClose(false);
  }

  /** Opens a shard to be read as it was last committed. */
  static Shard read(Directory directory, long firstId, Content content) throws IOException {
    try {
      checkIntegrity(directory);
      SearcherManager searchers = new SearcherManager(directory, null);
      IndexSearcher searcher = searchers.acquire();
      try {
        Map<String, String> data =
            ((DirectoryReader) searcher.getIndexReader()).getIndexCommit().getUserData();
        return new Shard(
            firstId,
            content,
            directory,
            null,
            searchers,
            ShardCommit.position(data.entrySet(), content, firstId));
      } finally {
        searchers.release(searcher);
      }
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  private static void checkIntegrity(Directory directory) throws IOException {
    try (DirectoryReader reader = DirectoryReader.open(directory)) {
      for (LeafReaderContext leaf : reader.leaves()) {
        leaf.reader().checkIntegrity();
      }
    }
  }

  /** A directory on the disk; what is small and not committed stays in memory. */
  static Directory directory(Path path) throws IOException {
    return new NRTCachingDirectory(FSDirectory.open(path), SMALL_MEGABYTES, ALL_SMALL_MEGABYTES);
  }

  /** Removes a shard's files. */
  static void delete(Path path) throws IOException {
    try (var tree = Files.walk(path)) {
      for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  long firstId() {
    return firstId;
  }

  /** The last id that was added. */
  long indexedThrough() {
    return indexedThrough;
  }

  /** How many ids have been added since the last commit. */
  long uncommitted() {
    return indexedThrough - committedThrough;
  }

  /** Whether it may have an entry from {@code fromId} to {@code toId}, both included. */
  boolean mayHold(long fromId, long toId) {
    return firstId <= toId && (!readOnly || indexedThrough >= fromId);
  }

  void add(long id, Document document) throws IOException {
    failed = true;
    writer().addDocument(document);
    failed = false;
    indexedThrough = id;
  }

  /** Makes what was added visible. */
  void refresh() throws IOException {
    failed = true;
    if (reopened) {
      replaceSearchers(new SearcherManager(writer(), null));
      reopened = false;
    } else {
      searchers.maybeRefreshBlocking();
    }
    failed = false;
  }

  private void replaceSearchers(SearcherManager others) throws IOException {
    SearcherManager before = searchers;
    searchers = others;
    before.close();
  }

  /** Makes what was added durable. */
  void commit() throws IOException {
    failed = true;
    commit(writer(), content, indexedThrough);
    failed = false;
    committedThrough = indexedThrough;
  }

  private static void commit(IndexWriter writer, Content content, long through) throws IOException {
    writer.setLiveCommitData(ShardCommit.data(content, through).entrySet(), false);
    writer.commit();
  }

  /**
   * After an error, goes back to the last commit; without an error does nothing. What is added
   * after it must not be shown before there is as much as was shown once.
   *
   * @throws IOException if that fails too; it can be tried again
   * @throws CorruptIndexException if the last commit is damaged
   */
  void recover() throws IOException {
    if (!failed || readOnly) {
      return;
    }
    abandon();
    IndexWriter opened = openWriter(directory, firstId, content);
    writer = opened;
    reopened = true;
    indexedThrough = ShardCommit.position(opened.getLiveCommitData(), content, firstId);
    committedThrough = indexedThrough;
    failed = false;
  }

  /** Gives up writing, and Lucene's lock, whatever state the files are in. Searches go on. */
  void abandon() {
    IndexWriter broken = writer;
    writer = null;
    failed = true;
    if (broken != null) {
      try {
        broken.rollback();
      } catch (IOException | RuntimeException e) {
        LOG.debug("index shard {} could not be rolled back", firstId, e);
      }
    }
  }

  /** Gives up writing and merging for good; searches go on until {@link #discard}. */
  void drop() {
    synchronized (this) {
      closed = true;
      if (merging != null) {
        try {
          merging.rollback();
        } catch (IOException | RuntimeException e) {
          LOG.debug("the merge of index shard {} could not be rolled back", firstId, e);
        }
      }
    }
    abandon();
  }

  /** Whether files of the last commit are no longer on the disk. */
  synchronized boolean isLost() {
    return !closed
        && merging == null
        && FilterDirectory.unwrap(directory) instanceof FSDirectory files
        && ShardCommit.isMissing(files);
  }

  /** Reads the last commit completely. Whether it is damaged. */
  boolean isDamaged() {
    try {
      checkIntegrity(directory);
      return false;
    } catch (IOException | RuntimeException e) {
      LOG.warn("index shard {} is damaged: {}", firstId, e.toString());
      return true;
    }
  }

  /** Ends the writing: committed, only read from now on. */
  void finish() throws IOException {
    if (readOnly) {
      return;
    }
    commit();
    IndexWriter finished = writer();
    failed = true;
    replaceSearchers(new SearcherManager(directory, null));
    failed = false;
    readOnly = true;
    writer = null;
    // Ends the merges that are under way.
    finished.rollback();
  }

  /**
   * Makes one Lucene segment of a shard that is only read. Searches go on meanwhile; {@link #close}
   * ends it early, and so does a crash, without harm.
   */
  void merge() throws IOException {
    IndexWriter merger;
    synchronized (this) {
      if (closed || this.<Integer>search(s -> s.getIndexReader().leaves().size()) <= 1) {
        return;
      }
      merger = new IndexWriter(directory, config());
      merging = merger;
    }
    try {
      merger.forceMerge(1);
      merger.commit();
      searchers.maybeRefreshBlocking();
    } catch (IOException | RuntimeException e) {
      if (!isClosed()) {
        throw e;
      }
    } finally {
      merger.rollback();
      synchronized (this) {
        merging = null;
      }
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private IndexWriter writer() {
    IndexWriter open = writer;
    if (open == null) {
      throw new IllegalStateException("the shard from " + firstId + " on is not open for writing");
    }
    return open;
  }

  <T> T search(Search<T> search) throws IOException {
    try (Held held = hold()) {
      return search.in(held.searcher);
    }
  }

  /** A searcher that can be used until this is closed. */
  record Held(SearcherManager of, IndexSearcher searcher) implements Closeable {
    @Override
    public void close() throws IOException {
      of.release(searcher);
    }
  }

  /** A searcher of what is visible now. */
  Held hold() throws IOException {
    SearcherManager of = searchers;
    try {
      return new Held(of, of.acquire());
    } catch (AlreadyClosedException e) {
      if (of == searchers) {
        throw e;
      }
      return hold();
    }
  }

  /** The sums of a segment, computed when they are first needed. */
  TypeSums typeSums(LeafReader segment) throws IOException {
    IndexReader.CacheHelper core = segment.getCoreCacheHelper();
    TypeSums known = typeSums.get(core.getKey());
    if (known == null) {
      known = new TypeSums(segment);
      typeSums.put(core.getKey(), known);
      core.addClosedListener(typeSums::remove);
    }
    return known;
  }

  /** Closes it. What was added since the last commit is added again after the next open. */
  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed = true;
      if (merging != null) {
        merging.rollback();
      }
    }
    abandon();
    searchers.close();
    directory.close();
  }

  /**
   * Closes a shard whose files are deleted. Its directory stays open: closing would write what it
   * has in memory to where another shard may be by now.
   */
  void discard() throws IOException {
    drop();
    searchers.close();
    FilterDirectory.unwrap(directory).close();
  }
}
