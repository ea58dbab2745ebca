package io.tallystick.index;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites segments of a shard that is only read, while it is searched. Closing it ends what is
 * under way, and so does a crash, without harm: it is one commit. Safe for any number of threads.
 */
final class ShardRewriter implements Closeable {
  private final Directory directory;

  /** One at a time: Lucene has one lock for all that write. */
  private final ReentrantLock rewriting = new ReentrantLock();

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private @Nullable IndexWriter writer;

  ShardRewriter(Directory directory) {
    this.directory = directory;
  }

  /** Writes and commits. */
  @FunctionalInterface
  interface Change {
    void in(IndexWriter writer) throws IOException;
  }

  /** Makes a change, unless this is closed before or meanwhile. */
  void rewrite(Change change) throws IOException {
    rewriting.lock();
    try {
      IndexWriter opened;
      synchronized (this) {
        if (closed) {
          return;
        }
        opened = new IndexWriter(directory, ShardFiles.config());
        writer = opened;
      }
      try {
        change.in(opened);

      } catch (IOException | RuntimeException e) {
        if (!isClosed()) {
          throw e;
        }

      } finally {
        opened.rollback();
        synchronized (this) {
          writer = null;
        }
      }
    } finally {
      rewriting.unlock();
    }
  }

  /** Whether files are neither being rewritten nor given up. */
  synchronized boolean isIdle() {
    return !closed && writer == null;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Ends what is under way, and refuses anything more. */
  @Override
  public synchronized void close() throws IOException {
    closed = true;
    if (writer != null) {
      writer.rollback();
    }
  }
}
