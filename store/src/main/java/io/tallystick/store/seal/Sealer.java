package io.tallystick.store.seal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.RightEdge;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TileHashReader;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread behind the committer. It adds the hashes of acknowledged entries to the tree, and
 * signs a checkpoint over the tree in every interval in which entries arrive, on request, and at
 * the end. The order is entries, full tiles, right edge, checkpoint, and each step is durable
 * before the next.
 *
 * <p>A failure here stops the whole log, because it should not accept entries that it cannot seal.
 * A full device does not stop it: nothing was promised yet, and the sealer writes what is left when
 * there is room again.
 */
public final class Sealer implements Runnable, TileHashReader.Source {
  private static final Logger LOG = LoggerFactory.getLogger(Sealer.class);

  /**
   * Most bytes of hashes that wait for the tree; beyond that the committer waits. After a crash the
   * next open hashes those entries again.
   */
  private static final long MAX_WAITING_BYTES = 32L << 20;

  /** Longest time between two attempts to seal while there is no room. */
  private static final long MAX_RETRY_NANOS = 1_000_000_000L;

  /** How often the sealer checks whether the log has failed while requests wait. */
  private static final long LOOK_AGAIN_NANOS = 50_000_000L;

  /** How often a checkpoint is kept in the history while entries arrive. */
  private static final Duration KEEP_EVERY = Duration.ofHours(1);

  private final StopLatch latch;
  private final TileFiles tiles;
  private final TileFiles.Writer newTiles;
  private final CheckpointFiles checkpoints;
  private final String origin;
  private final Duration interval;
  private final Clock clock;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<byte[]> waitingHashes = new ArrayDeque<>();

  private final SealWaiters waiters = new SealWaiters();

  @GuardedBy("lock")
  private long waitingBytes;

  /** Since when entries wait for a checkpoint, by the log's clock; {@code null} if none does. */
  @GuardedBy("lock")
  private @Nullable Instant unsealedSince;

  @GuardedBy("lock")
  private boolean asked;

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private @Nullable LogException failure;

  /** Its own lock: the sealer thread appends to it, readers of tiles look. */
  @GuardedBy("edge")
  private final RightEdge edge;

  private final List<SignerKey> keys;
  private volatile @Nullable SignedCheckpoint newest;

  /** Confined to the sealer thread once it runs. */
  private Instant keptAt;

  /** Confined to the sealer thread. */
  private boolean full;

  /** Confined to the sealer thread. */
  private boolean warnedNotKept;

  /** When a checkpoint could first not be kept because another writer was busy; 0 if none. */
  private long notKeptSinceNanos;

  /**
   * A sealer that continues from this tree.
   *
   * @param edge the tree over all acknowledged entries
   * @param newTiles full tiles of it that are not forced yet
   * @param newest the newest checkpoint; {@code null} if there is none yet
   */
  Sealer(
      StopLatch latch,
      RightEdge edge,
      TileFiles tiles,
      TileFiles.Writer newTiles,
      CheckpointFiles checkpoints,
      String origin,
      List<SignerKey> keys,
      @Nullable SignedCheckpoint newest,
      Duration interval,
      Clock clock)
      throws IOException {
    this.latch = latch;
    this.edge = edge;
    this.tiles = tiles;
    this.newTiles = newTiles;
    this.checkpoints = checkpoints;
    this.origin = origin;
    this.keys = keys;
    this.newest = newest;
    this.interval = interval;
    this.clock = clock;
    this.keptAt = checkpoints.newestKeptAt();
    if (edge.size() > (newest == null ? 0 : newest.size())) {
      this.unsealedSince = clock.instant();
    }
  }

  /** The newest checkpoint; {@code null} before the first. */
  public @Nullable SignedCheckpoint newest() {
    return newest;
  }

  /**
   * Adds the hashes of acknowledged entries, in order. Called by the committer, which waits here
   * while the tree is far behind.
   */
  public void extend(byte[] hashes) {
    lock.lock();
    try {
      while (waitingBytes > MAX_WAITING_BYTES && failure == null) {
        changed.awaitUninterruptibly();
      }
      if (unsealedSince == null) {
        unsealedSince = clock.instant();
      }
      waitingHashes.add(hashes);
      waitingBytes += hashes.length;
      if (waitingHashes.size() == 1) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Requests a checkpoint over at least this many entries, which must be acknowledged. */
  public CompletableFuture<SignedCheckpoint> covering(long size) {
    SignedCheckpoint now = newest;
    if (now != null && now.size() >= size) {
      return CompletableFuture.completedFuture(now);
    }
    lock.lock();
    try {
      if (failure != null || closed) {
        return CompletableFuture.failedFuture(
            failure != null ? failure : new LogException.Stopped("the log is closed"));
      }
      asked = true;
      changed.signalAll();
      return waiters.add(size);
    } finally {
      lock.unlock();
    }
  }

  /**
   * For how long a checkpoint has been due that was not published; zero if none is late. By the
   * log's clock.
   */
  public Duration late() {
    lock.lock();
    try {
      if (unsealedSince == null) {
        return Duration.ZERO;
      }
      Duration late = Duration.between(unsealedSince, clock.instant()).minus(interval);
      return late.isNegative() ? Duration.ZERO : late;
    } finally {
      lock.unlock();
    }
  }

  /** Ends {@link #run} after a last checkpoint over all hashes that were added. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    try {
      long nextSeal = System.nanoTime() + interval.toNanos();
      for (boolean more = true; more; ) {
        more = await(nextSeal);
        try {
          if (full) {
            newTiles.writeDelayed();
          }
          grow(nextSeal);
          if (full || isDue(nextSeal) || !more || !waiters.isEmpty()) {
            seal();
            answer();
            refuseIfFailed();
            nextSeal = System.nanoTime() + interval.toNanos();
          }
          logRoom();
        } catch (NoSpaceException e) {
          warnFull(e);
          waiters.refuse(new LogException.DiskFull(e));
          nextSeal = System.nanoTime() + Math.min(interval.toNanos(), MAX_RETRY_NANOS);
        }
      }
      waiters.refuse(new LogException.Stopped("the log is closed"));
    } catch (IOException | RuntimeException | Error e) {
      fail(
          new LogException.Stopped(
              "the log stopped, because it could not be sealed: " + e.getMessage(), e));
    } finally {
      discard();
    }
  }

  /** Closes the tree's files; called from elsewhere for a sealer that will never run. */
  public void discard() {
    try {
      newTiles.close();
    } catch (IOException e) {
      LOG.warn("the tree's files could not be closed; a checkpoint covers nothing of them yet", e);
    }
  }

  private void warnFull(NoSpaceException e) {
    if (!full) {
      LOG.warn("{}; entries are sealed when there is room again", e.getMessage());
      full = true;
    }
  }

  private void logRoom() {
    if (full) {
      LOG.info("there is room again, and entries are sealed");
      full = false;
    }
  }

  /** Refuses waiting requests once the log has failed, because their hashes will never come. */
  private void refuseIfFailed() {
    LogException reason = latch.failure();
    if (reason != null) {
      waiters.refuse(reason);
    }
  }

  /** Waits for hashes, a request or the next checkpoint's time; {@code false} at the end. */
  private boolean await(long deadline) {
    lock.lock();
    try {
      boolean late = false;
      while ((full || waitingHashes.isEmpty()) && !asked && !closed && !late) {
        long left = deadline - System.nanoTime();
        if (!waiters.isEmpty()) {
          left = Math.min(left, LOOK_AGAIN_NANOS);
        }
        try {
          late = left <= 0 || changed.awaitNanos(left) <= 0;
        } catch (InterruptedException e) {
          // Dropped: only close() ends this thread, and a thread that stays interrupted would come
          // back here at once and could not write files.
          late = false;
        }
      }
      asked = false;
      return !(closed && (full || waitingHashes.isEmpty()));
    } finally {
      lock.unlock();
    }
  }

  private static boolean isDue(long nextSeal) {
    return System.nanoTime() - nextSeal >= 0;
  }

  /** Adds waiting hashes to the tree until none is left or a checkpoint is due. */
  private void grow(long nextSeal) throws IOException {
    for (byte[] hashes = takeHashes(); hashes != null; hashes = next(nextSeal)) {
      synchronized (edge) {
        for (int at = 0; at < hashes.length; at += Hash.BYTES) {
          edge.append(hashes, at, newTiles);
        }
      }
    }
  }

  private byte @Nullable [] next(long nextSeal) {
    return isDue(nextSeal) || newTiles.hasDelayed() ? null : takeHashes();
  }

  private byte @Nullable [] takeHashes() {
    lock.lock();
    try {
      byte[] hashes = waitingHashes.poll();
      if (hashes != null) {
        boolean full = waitingBytes > MAX_WAITING_BYTES;
        waitingBytes -= hashes.length;
        if (full) {
          changed.signalAll();
        }
      }
      return hashes;
    } finally {
      lock.unlock();
    }
  }

  private void seal() throws IOException {
    if (newest == null || unsealed() > 0) {
      SignedCheckpoint signed = publish(keys);
      // The first condition holds when the clock was set back.
      Instant now = signed.signedAt();
      if (now.isBefore(keptAt) || keptAt.isBefore(now.minus(KEEP_EVERY))) {
        keep(signed);
      }
    }
  }

  /**
   * Keeps the checkpoint in the history. If that fails or another writer is busy there, the next
   * one is kept instead: seals never wait for the history.
   */
  private void keep(SignedCheckpoint signed) {
    try {
      if (checkpoints.tryKeep(signed)) {
        keptAt = signed.signedAt();
        notKeptSinceNanos = 0;
        warnedNotKept = false;
        return;
      }
      if (notKeptSinceNanos == 0) {
        notKeptSinceNanos = System.nanoTime();
      } else if (System.nanoTime() - notKeptSinceNanos > CheckpointFiles.PATIENCE.toNanos()) {
        warnNotKept("another process keeps the folder of checkpoints locked", null);
      }
    } catch (IOException e) {
      warnNotKept(e.getMessage(), e);
    }
  }

  private void warnNotKept(@Nullable String reason, @Nullable IOException cause) {
    if (!warnedNotKept) {
      LOG.warn(
          "no checkpoint of this hour is kept yet, and each later one is tried: {}", reason, cause);
      warnedNotKept = true;
    }
  }

  /** Publishes and keeps a checkpoint that old and new keys sign. Called before {@link #run}. */
  void introduce(List<SignerKey> both) throws IOException {
    SignedCheckpoint signed = publish(both);
    checkpoints.keep(signed);
    keptAt = signed.signedAt();
  }

  private long unsealed() {
    SignedCheckpoint sealed = newest;
    synchronized (edge) {
      return edge.size() - (sealed == null ? 0 : sealed.size());
    }
  }

  /** Publishes a checkpoint over the whole tree, signed with these keys. */
  private SignedCheckpoint publish(List<SignerKey> signers) throws IOException {
    newTiles.force();
    Checkpoint checkpoint;
    synchronized (edge) {
      tiles.writeEdge(edge);
      checkpoint = new Checkpoint(origin, edge.size(), edge.root());
    }
    Instant now = clock.instant();
    SignedCheckpoint signed =
        new SignedCheckpoint(checkpoint, SignedNote.sign(checkpoint.text(), signers, now), now);
    checkpoints.publish(signed.note());
    newest = signed;
    lock.lock();
    try {
      unsealedSince = waitingHashes.isEmpty() ? null : now;
    } finally {
      lock.unlock();
    }
    return signed;
  }

  private void answer() {
    SignedCheckpoint now = newest;
    if (now != null) {
      waiters.complete(now);
    }
  }

  private void fail(LogException.Stopped reason) {
    latch.stop(reason);
    lock.lock();
    try {
      failure = reason;
      waitingHashes.clear();
      waitingBytes = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    waiters.refuse(reason);
  }

  /** Reads a tile of the tree, which may include entries that are not sealed yet. */
  @Override
  public byte[] read(Tile tile) throws IOException {
    byte[] hashes;
    synchronized (edge) {
      hashes = edge.read(tile);
    }
    return hashes != null ? hashes : tiles.read(tile);
  }
}
