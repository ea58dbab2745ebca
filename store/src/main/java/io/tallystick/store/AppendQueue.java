package io.tallystick.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queue between the clients and the sequencer, and the sequencer's one place to wait.
 * The bound is in bytes of blocks from acceptance to force, so it also bounds what a power cut can
 * tear. Safe for any number of threads; one thread takes.
 */
final class AppendQueue {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final long maxPendingBytes;

  // All guarded by lock.
  private Deque<AppendRequest> waiting = new ArrayDeque<>();
  private long pendingBytes;
  private boolean takerWaits;
  private boolean nudged;
  private @Nullable LogException closed;

  AppendQueue(long maxPendingBytes) {
    this.maxPendingBytes = maxPendingBytes;
  }

  /**
   * Adds a request, or refuses it at once.
   *
   * @throws LogException.Overloaded if too much is pending
   * @throws LogException the reason of {@link #close} after that
   */
  void put(AppendRequest request) throws LogException {
    lock.lock();
    try {
      if (closed != null) {
        throw closed;
      }
      long bytes = request.maxBlockBytes();
      if (pendingBytes > 0 && pendingBytes + bytes > maxPendingBytes) {
        throw new LogException.Overloaded(
            "the log has "
                + pendingBytes
                + " bytes of events waiting to be made durable and takes "
                + maxPendingBytes
                + "; try again shortly");
      }
      pendingBytes += bytes;
      waiting.add(request);
      if (takerWaits) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes requests off the count of what is pending: they are durable, or were refused. */
  void settled(List<AppendRequest> requests) {
    long bytes = 0;
    for (AppendRequest request : requests) {
      bytes += request.maxBlockBytes();
    }
    lock.lock();
    try {
      pendingBytes -= bytes;
    } finally {
      lock.unlock();
    }
  }

  /** Makes a waiting {@link #take} return, with nothing if nothing waits. */
  void nudge() {
    lock.lock();
    try {
      nudged = true;
      if (takerWaits) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Everything that waits; waits itself for a request, a {@link #nudge} or the close.
   *
   * @return {@code null} when the queue is closed and empty
   */
  @Nullable List<AppendRequest> take() {
    lock.lock();
    try {
      while (waiting.isEmpty() && !nudged && closed == null) {
        takerWaits = true;
        changed.awaitUninterruptibly();
        takerWaits = false;
      }
      nudged = false;
      if (waiting.isEmpty() && closed != null) {
        return null;
      }
      List<AppendRequest> taken = new ArrayList<>(waiting);
      waiting = new ArrayDeque<>();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Refuses every later {@link #put} with this reason; what waits can still be taken. The first
   * reason stays.
   */
  void close(LogException reason) {
    lock.lock();
    try {
      if (closed == null) {
        closed = reason;
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Why the queue takes no more; {@code null} while it does. */
  @Nullable LogException closedBecause() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }
}
