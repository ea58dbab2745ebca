package io.tallystick.index;

import io.tallystick.index.pace.Backoff;
import io.tallystick.index.pace.Pace;
import io.tallystick.store.LogReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.lucene.index.CorruptIndexException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the index up to date with the log, in a thread of its own. It adds whatever is new, makes
 * it visible at once if somebody waits for it, which costs milliseconds, and otherwise four times a
 * second, and commits every ten seconds.
 *
 * <p>An entry that cannot be read or written stops the index. The follower logs that once and tries
 * again from the last commit on, less and less often. Shards whose files are lost or damaged are
 * rebuilt; lost ones stay visible meanwhile, because their files are still open.
 */
final class IndexFollower implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(IndexFollower.class);
  private static final int BATCH = 2_000;
  private static final long COMMIT_AFTER_ENTRIES = 1_000_000;
  private static final long COMMIT_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long SHOW_AFTER_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long REPORT_AFTER_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** How often it checks that the index's files still exist, which costs a few stats. */
  private static final long CHECK_AFTER_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** How soon it notices that it should stop; new entries wake it at once. */
  private static final Duration IDLE = Duration.ofMillis(100);

  /** How long entries gather, so that it does not open the segment again after each force. */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How long the deletion of an index may take from its first file to its last. */
  private static final Duration DELETING = Duration.ofMillis(500);

  /** Fewer are caught up with so quickly that the server's log need not mention it. */
  private static final long QUICK_ENTRIES = 50_000;

  private final LogReader log;
  private final Shards shards;
  private final Backoff retry = new Backoff();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private final AtomicInteger waiting = new AtomicInteger();
  private volatile boolean closed;

  /** The newest erasure that the index has to follow. */
  private final AtomicLong erasure = new AtomicLong();

  private volatile long erased;

  /** Why nothing can be added now. */
  private volatile @Nullable String failure;

  /** Why many entries, or all, have to be indexed again. */
  private volatile @Nullable String rebuilding;

  private volatile Pace pace;
  private volatile IndexView published;

  /** The last entry that was ever visible. */
  private volatile long promised;

  /** An error that a search reported, until the follower has examined it. */
  private volatile @Nullable Throwable reported;

  /** Whether lost shards are still searched until they are rebuilt. */
  private volatile boolean keepsReplaced;

  // Confined to the follower's thread.
  private List<Shard> replaced = List.of();
  private long lastCheck = System.nanoTime();
  private long lastReport = lastCheck;

  IndexFollower(LogReader log, Shards shards) throws IOException {
    this.log = log;
    this.shards = shards;
    long through = shards.indexedThrough();
    this.published = IndexView.of(shards.oldestFirst(), through);
    this.promised = through;
    this.erased = shards.erasedThrough();
    this.pace = Pace.from(through);
    if (log.lastId() - through > QUICK_ENTRIES) {
      this.rebuilding = "many entries are not in the index";
    }
  }

  /** What queries can be answered from without waiting. */
  IndexView published() {
    return published;
  }

  /** The last entry that was ever visible; beyond {@link #published} while damage is repaired. */
  long promised() {
    return promised;
  }

  boolean isDegraded() {
    return failure != null || rebuilding != null;
  }

  /** Whether an answer over part of the entries is better than a wait that would not help. */
  boolean answersInPart() {
    return failure != null || keepsReplaced;
  }

  /** What keeps the index from following the log; {@code null} if nothing does. */
  @Nullable String reason() throws IOException {
    String why = failure;
    if (why != null) {
      return why;
    }
    String rebuild = rebuilding;
    return rebuild == null ? null : pace.text(rebuild, shards.indexedThrough(), log.lastId());
  }

  /** How long it will probably take to index the log; {@code null} if that is not known. */
  @Nullable Duration remaining() throws IOException {
    return failure == null ? pace.remaining(shards.indexedThrough(), log.lastId()) : null;
  }

  /** The last entry in the index; not what was added and may be lost, where writing fails. */
  long indexedThrough() {
    return failure == null ? shards.indexedThrough() : published.through();
  }

  @Override
  public void run() {
    long lastCommit = System.nanoTime();
    long lastShown = lastCommit;
    // A process that is killed again and again must not have more to catch up with each time.
    boolean caughtUp = false;
    while (!closed) {
      try {
        check();
        shards.recover();
        forgetErased();
        boolean more = addBatch();
        if (waiting.get() > 0 || (!more && System.nanoTime() - lastShown >= SHOW_AFTER_NANOS)) {
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
        if (more) {
          report();
        } else {
          if (shards.indexedThrough() == published.through()) {
            log.awaitBeyond(published.through(), IDLE);
          }
          gather();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (IOException | RuntimeException | Error e) {
        try {
          if (!repair(e)) {
            fail(e);
          }
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
    end();
  }

  private void end() {
    try {
      if (shards.uncommitted() > 0) {
        shards.commit();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("the index's last commit failed; the next start indexes more", e);
    }
    Shards.discardAll(replaced);
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
    if (through < published.through()) {
      return;
    }
    if (through > published.through() || !replaced.isEmpty()) {
      shards.refresh();
    }
    List<Shard> old = replaced;
    replaced = List.of();
    keepsReplaced = false;
    retry.reset();
    lock.lock();
    try {
      published = IndexView.of(shards.oldestFirst(), through);
      promised = Math.max(promised, through);
      if (failure != null) {
        LOG.info("the index is written again, through entry {}", through);
      }
      failure = null;
      if (rebuilding != null && log.lastId() - through <= BATCH) {
        LOG.info("the index is complete again, through entry {}", through);
        rebuilding = null;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    Shards.discardAll(old);
  }

  /** Not while it catches up after an error: what is searched until then is older. */
  private void forgetErased() throws IOException {
    long through = erasure.get();
    if (through > erased && shards.indexedThrough() >= published.through()) {
      rebuilding = "personal values were erased from the log";
      shards.erase(through);
      refresh();
      erased = through;
    }
  }

  /** Waits until nothing can be found that this erasure or an earlier one erased. */
  void awaitErased(long id) throws IndexException, InterruptedException {
    erasure.accumulateAndGet(id, Math::max);
    while (erased < id) {
      String why = closed ? "the index is closed" : failure;
      if (why != null) {
        throw IndexException.notErased(id, why);
      }
      Thread.sleep(IDLE);
    }
  }

  /** Checks that the index still exists, and whether damage that a search reported is real. */
  private void check() throws InterruptedException {
    Throwable complaint = reported;
    if (complaint != null) {
      int damaged = shards.firstDamaged();
      if (damaged >= 0) {
        startOver(damaged, false);
      } else {
        LOG.warn("a search of the index failed, although the index is not damaged", complaint);
      }
      reported = null;
    } else if (System.nanoTime() - lastCheck >= CHECK_AFTER_NANOS) {
      lastCheck = System.nanoTime();
      startOverLost();
    }
  }

  /** Starts over with the shards whose files are gone. Whether there are any. */
  private boolean startOverLost() throws InterruptedException {
    if (shards.firstLost() < 0) {
      return false;
    }
    // The deletion may still be under way.
    Thread.sleep(DELETING);
    int lost = shards.firstLost();
    if (lost >= 0) {
      startOver(lost, true);
    }
    return lost >= 0;
  }

  /** Starts over with the shards that caused this error. Whether any did. */
  private boolean repair(Throwable e) throws InterruptedException {
    if (startOverLost()) {
      return true;
    }
    int damaged = e instanceof CorruptIndexException ? shards.firstDamaged() : -1;
    if (damaged >= 0) {
      startOver(damaged, false);
      return true;
    }
    return false;
  }

  /**
   * Deletes a shard and those after it, to build them again.
   *
   * @param readable whether they can be searched until then
   */
  private void startOver(int index, boolean readable) {
    List<Shard> dropped = shards.dropFrom(index);
    String why =
        "shard "
            + dropped.getFirst().firstId()
            + " of the index "
            + (readable ? "is gone" : "is damaged");
    LOG.warn("{}; it is being rebuilt from the log", why);
    lock.lock();
    try {
      rebuilding = why;
      failure = null;
      pace = Pace.from(shards.indexedThrough());
      if (!readable) {
        published = IndexView.of(shards.oldestFirst(), shards.indexedThrough());
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    List<Shard> before = replaced;
    keepsReplaced = readable;
    if (readable) {
      replaced = new ArrayList<>(before);
      replaced.addAll(dropped);
    } else {
      replaced = List.of();
      Shards.discardAll(before);
      Shards.discardAll(dropped);
    }
  }

  private void report() throws IOException {
    if (rebuilding != null && System.nanoTime() - lastReport >= REPORT_AFTER_NANOS) {
      lastReport = System.nanoTime();
      LOG.info("{}", reason());
    }
  }

  private void fail(Throwable e) {
    String cause = ShardFiles.cause(shards.directory(), e);
    String why = "the index can't be written beyond entry " + published.through() + ": " + cause;
    lock.lock();
    try {
      if (!why.equals(failure)) {
        LOG.warn("{}", why, e);
      }
      failure = why;
      changed.signalAll();
      long nanos = retry.delay().toNanos();
      while (!closed && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      retry.grow();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Makes the follower look for damage, of which this error may be a sign. */
  void report(Throwable complaint) {
    reported = complaint;
  }

  private void gather() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long nanos = GATHER_NANOS;
      while (waiting.get() == 0 && !closed && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
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
   * @return why they can't; {@code null} if they can
   */
  @Nullable IndexException awaitVisible(long id, Duration timeout)
      throws IOException, InterruptedException {
    if (published.through() >= id) {
      return null;
    }
    long nanos = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      waiting.incrementAndGet();
      changed.signalAll();
      try {
        while (published.through() < id) {
          String why = failure;
          if (why != null) {
            return new IndexException(why, retry.delay());
          }
          Duration left = remaining();
          if (closed || nanos <= 0 || (left != null && left.toNanos() > nanos)) {
            return behind(id, left);
          }
          nanos = changed.awaitNanos(nanos);
        }
      } finally {
        waiting.decrementAndGet();
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private IndexException behind(long id, @Nullable Duration left) throws IOException {
    return IndexException.behind(reason(), published.through(), id, left);
  }
}
