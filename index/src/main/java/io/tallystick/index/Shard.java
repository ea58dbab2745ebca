package io.tallystick.index;

import io.tallystick.index.ShardCommit.Content;
import io.tallystick.index.ShardCommit.Position;
import io.tallystick.store.log.Erasure;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
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

  /** The last erasure that the documents follow, if they are those of the last commit. */
  private volatile long erasedThrough;

  private long committedThrough;

  /** Whether the writer's last operation failed. */
  private boolean failed;

  /** Whether the searchers belong to an earlier writer. */
  private boolean reopened;

  /** Works while the shard is only read. */
  private final ShardRewriter rewriter;

  private Shard(
      long firstId,
      Content content,
      Directory directory,
      @Nullable IndexWriter writer,
      SearcherManager searchers,
      Position position) {
    this.firstId = firstId;
    this.content = content;
    this.directory = directory;
    this.rewriter = new ShardRewriter(directory);
    this.writer = writer;
    this.readOnly = writer == null;
    this.searchers = searchers;
    this.indexedThrough = position.through();
    this.committedThrough = position.through();
    this.erasedThrough = position.erasedThrough();
  }

  /** A search. */
  @FunctionalInterface
  interface Search<T> {
    T in(IndexSearcher searcher) throws IOException;
  }

  /**
   * Opens a shard to be written, or makes an empty one; takes Lucene's lock on it.
   *
   * @param erasedThrough the last erasure that was carried out before an empty one has documents
   */
  static Shard write(Directory directory, long firstId, Content content, long erasedThrough)
      throws IOException {
    try {
      IndexWriter writer = ShardFiles.writer(directory, firstId, content, erasedThrough);
      try {
        Position position = ShardCommit.position(writer.getLiveCommitData(), content, firstId);
        SearcherManager searchers = new SearcherManager(writer, null);
        return new Shard(firstId, content, directory, writer, searchers, position);
      } catch (IOException | RuntimeException e) {
        writer.rollback();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /** Opens a shard to be read as it was last committed. */
  static Shard read(Directory directory, long firstId, Content content) throws IOException {
    try {
      ShardFiles.checkIntegrity(directory);
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
    commit(writer());
    failed = false;
    committedThrough = indexedThrough;
  }

  private void commit(IndexWriter to) throws IOException {
    ShardFiles.commit(to, content, new Position(indexedThrough, erasedThrough));
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
    IndexWriter opened = ShardFiles.writer(directory, firstId, content, erasedThrough);
    writer = opened;
    reopened = true;
    Position position = ShardCommit.position(opened.getLiveCommitData(), content, firstId);
    indexedThrough = position.through();
    committedThrough = position.through();
    erasedThrough = position.erasedThrough();
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
    try {
      rewriter.close();
    } catch (IOException | RuntimeException e) {
      LOG.debug("the merge of index shard {} could not be rolled back", firstId, e);
    }
    abandon();
  }

  /** Whether files of the last commit are no longer on the disk. */
  boolean isLost() {
    return rewriter.isIdle()
        && FilterDirectory.unwrap(directory) instanceof FSDirectory files
        && ShardCommit.isMissing(files);
  }

  /** Reads the last commit completely. Whether it is damaged. */
  boolean isDamaged() {
    try {
      ShardFiles.checkIntegrity(directory);
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

  /** Adds documents. */
  @FunctionalInterface
  interface Adding {
    void to(IndexWriter writer, long firstId, long lastId) throws IOException;
  }

  /** The last erasure that its documents follow. */
  long erasedThrough() {
    return erasedThrough;
  }

  /** There was no erasure up to this one that its documents have anything of. */
  void follows(long erasure) {
    erasedThrough = erasure;
  }

  /**
   * Replaces the documents of these entries, and leaves nothing of the old ones: no term, no value,
   * no deleted document. All in one commit, so that a crash leaves it undone. Searches see the old
   * documents until {@link #refresh}, and never some of both: a segment with deletions would be
   * counted wrongly.
   *
   * @param erasure what the new documents follow
   */
  void replace(List<Erasure.Ids> entries, Adding documents, long erasure) throws IOException {
    if (readOnly) {
      rewriter.rewrite(to -> {
        replace(to, entries, documents);
        ShardFiles.commit(to, content, new Position(indexedThrough, erasure));
        searchers.maybeRefreshBlocking();
        erasedThrough = erasure;
      });
    } else {
      failed = true;
      replace(writer(), entries, documents);
      ShardFiles.commit(writer(), content, new Position(indexedThrough, erasure));
      failed = false;
      committedThrough = indexedThrough;
      erasedThrough = erasure;
    }
  }

  private void replace(IndexWriter in, List<Erasure.Ids> entries, Adding documents)
      throws IOException {
    for (Erasure.Ids ids : entries) {
      long first = Math.max(ids.first(), firstId);
      long last = Math.min(ids.last(), indexedThrough);
      if (first <= last) {
        in.deleteDocuments(EntryDocument.filtersWithin(MatchAllDocsQuery.INSTANCE, first, last));
        documents.to(in, first, last);
      }
    }
    ShardFiles.mergeDeletions(in);
  }

  /**
   * Makes one Lucene segment of a shard that is only read. Searches go on meanwhile; {@link #close}
   * ends it early, and so does a crash, without harm.
   */
  void merge() throws IOException {
    rewriter.rewrite(to -> {
      if (this.<Integer>search(s -> s.getIndexReader().leaves().size()) > 1) {
        to.forceMerge(1);
        to.commit();
        searchers.maybeRefreshBlocking();
      }
    });
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
    rewriter.close();
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
