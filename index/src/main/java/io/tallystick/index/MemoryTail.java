package io.tallystick.index;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.index.IndexView.Range;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.SafePoint;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.apache.lucene.search.Query;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries of the log, as far as the index on disk does not have them, indexed in memory
 * by the thread that runs the query. So queries are answered by the same code while the index can't
 * be written. Holds a bounded number of entries. Safe for any number of threads.
 */
final class MemoryTail implements Closeable {
  /** Most entries; they take some 20 MB, and a second to index. */
  static final long MAX_ENTRIES = 50_000;

  private static final int STEP = 1_000;

  private final LogReader log;
  private final long maxEntries;
  private final ShardCommit.Content content;
  private final DocumentSource documents;

  @GuardedBy("this")
  private @Nullable Shard shard;

  MemoryTail(LogReader log, IndexedDetails details, long maxEntries) {
    this.log = log;
    this.maxEntries = maxEntries;
    this.content = new ShardCommit.Content(log.identity().origin(), details);
    this.documents = new DocumentSource(log, details);
  }

  /** The view, extended by the entries after it up to {@code last}, or as many as fit. */
  synchronized IndexView extend(IndexView view, long last) throws IOException {
    if (view.through() >= last) {
      return view;
    }
    long next = Math.max(view.through() + 1, log.firstId());
    Shard held = shard;
    boolean joins = held != null && held.firstId() <= next && held.indexedThrough() + 1 >= next;
    boolean full = held != null && last - held.firstId() >= maxEntries && held.firstId() < next;
    if (held == null || !joins || full) {
      held = begin(next);
    }
    long to = Math.min(last, held.firstId() + maxEntries - 1);
    if (held.indexedThrough() < to) {
      add(held, to);
      held.refresh();
    }
    return view.with(held, held.indexedThrough());
  }

  private synchronized Shard begin(long firstId) throws IOException {
    close();
    Shard begun = Shard.write(new ByteBuffersDirectory(), firstId, content, 0);
    shard = begun;
    return begun;
  }

  /** Adds up to this id, or up to a gap that retention has made meanwhile. */
  private void add(Shard to, long id) throws IOException {
    log.forEach(
        to.indexedThrough() + 1,
        id,
        entry -> {
          if (entry.id() != to.indexedThrough() + 1) {
            return false;
          }
          to.add(entry.id(), documents.of(entry));
          return true;
        });
  }

  /**
   * Scans the log for matches among any number of entries that are not indexed, as many at a time
   * as fit into memory.
   *
   * @return {@code false} if the consumer stopped it
   */
  boolean scan(AuditQuery question, long from, long to, AuditIndex.IdConsumer consumer)
      throws IOException {
    Range wanted = IndexView.withinCursors(new Range(from, to), question);
    boolean ascending = question.ascending();
    for (long done = 0; done < wanted.size(); done += maxEntries) {
      long first =
          ascending ? wanted.from() + done : Math.max(from, wanted.to() - done - maxEntries + 1);
      long last = ascending ? Math.min(to, first + maxEntries - 1) : wanted.to() - done;
      try (Shard scanned = Shard.write(new ByteBuffersDirectory(), first, content, 0)) {
        for (long id = first; id <= last; id += STEP) {
          SafePoint.reach();
          add(scanned, Math.min(last, id + STEP - 1));
        }
        scanned.refresh();
        IndexView view = IndexView.of(List.of(scanned), last);
        Range range = IndexView.withinCursors(view.range(question, log.firstId()), question);
        Query filters = EntryDocument.filters(question);
        if (!Paging.collect(view, filters, range, ascending, STEP, consumer)) {
          return false;
        }
      }
    }
    return true;
  }

  synchronized boolean isEmpty() {
    return shard == null;
  }

  /** The last entry that is held; 0 if there is none. */
  synchronized long through() {
    return shard == null ? 0 : shard.indexedThrough();
  }

  /** Frees the memory; searches of earlier views then fail, and can be repeated. */
  @Override
  public synchronized void close() throws IOException {
    Shard held = shard;
    shard = null;
    if (held != null) {
      held.close();
    }
  }
}
