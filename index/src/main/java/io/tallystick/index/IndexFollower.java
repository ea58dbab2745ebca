package io.tallystick.index;

import io.tallystick.store.LogReader;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the index up to the log, in a thread of its own. Adds whatever is new, makes it visible
 * when somebody waits for it, which costs milliseconds, and otherwise some times a second, and
 * commits from time to time.
 *
 * <p>An entry that can't be read or written to the index stops it there, which is said once; it
 * tries again every few seconds, from the index's last commit on, and until it succeeds those who
 * wait are told why.
 */
final class IndexFollower implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(IndexFollower.class);
  private static final int BATCH = 2_000;
  private static final long COMMIT_AFTER_ENTRIES = 1_000_000;
  private static final long COMMIT_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long SHOW_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** How soon it sees that it is to end; what is acknowledged wakes it at once. */
  private static final Duration IDLE = Duration.ofMillis(100);

  /** How soon it looks for somebody who waits for what it has added and not shown. */
  private static final Duration SOON = Duration.ofMillis(2);

  private static final Duration RETRY = Duration.ofSeconds(5);

  private final LogReader log;
  private final Shards shards;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private int waiting;
  private boolean closed;
  private @Nullable String failure;

  private volatile long visibleThrough;

  IndexFollower(LogReader log, Shards shards) {
    this.log = log;
    this.shards = shards;
    this.visibleThrough = shards.indexedThrough();
  }

  long visibleThrough() {
    return visibleThrough;
  }

  @Override
  public void run() {
    long lastCommit = System.nanoTime();
    long lastShown = lastCommit;
    // Who is killed again and again must not have more to catch up with each time.
    boolean caughtUp = false;
    while (!isClosed()) {
      try {
        shards.recover();
        boolean more = addBatch();
        if (hasWaiting() || (!more && System.nanoTime() - lastShown >= SHOW_AFTER_NANOS)) {
          refresh();
          lastShown = System.nanoTime();
        }
        boolean due =
            shards.uncommitted() >= COMMIT_AFTER_ENTRIES
                || System.nanoTime() - lastCommit >= COMMIT_AFTER_NANOS
                || (!more && !caughtUp);
        caughtUp |= !more;
        if (due && shards.uncommitted() > 0) {
          shards.commit();
          lastCommit = System.nanoTime();
        }
        if (!more) {
          log.awaitBeyond(
              shards.indexedThrough(), shards.indexedThrough() == visibleThrough ? IDLE : SOON);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (IOException | RuntimeException | Error e) {
        fail(e);
      }
    }
    try {
      if (shards.uncommitted() > 0) {
        shards.commit();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("the index's last commit failed; the next start indexes more", e);
    }
  }

  /** Adds what is new, up to a batch of it; whether there is more. */
  private boolean addBatch() throws IOException {
    long last = log.lastId();
    long next = shards.next();
    if (next > last) {
      return false;
    }
    long end = Math.min(last, next + BATCH - 1);
    log.forEach(
        next,
        end,
        entry -> {
          shards.add(entry);
          return true;
        });
    return end < last;
  }

  private void refresh() throws IOException {
    long through = shards.indexedThrough();
    if (through < visibleThrough) {
      return;
    }
    if (through > visibleThrough) {
      shards.refresh();
    }
    lock.lock();
    try {
      visibleThrough = through;
      failure = null;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void fail(Throwable e) {
    String why =
        "the index stands still after entry " + shards.indexedThrough() + ": " + e.getMessage();
    lock.lock();
    try {
      if (!why.equals(failure)) {
        LOG.warn("{}", why, e);
      }
      failure = why;
      changed.signalAll();
      long nanos = RETRY.toNanos();
      while (!closed && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private boolean hasWaiting() {
    lock.lock();
    try {
      return waiting > 0;
    } finally {
      lock.unlock();
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until entries up to {@code id} can be found.
   *
   * @throws IndexException if that does not happen in time, saying how far the index is
   */
  void awaitVisible(long id, Duration timeout) throws IndexException, InterruptedException {
    if (visibleThrough >= id) {
      return;
    }
    long nanos = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      waiting++;
      while (visibleThrough < id) {
        String why = failure;
        if (why != null) {
          throw new IndexException(why);
        }
        if (closed || nanos <= 0) {
          throw new IndexException(
              "the index is being built: it has come to entry " + visibleThrough + " of " + id);
        }
        nanos = changed.awaitNanos(nanos);
      }
    } finally {
      waiting--;
      lock.unlock();
    }
  }
}
