package io.tallystick.store.write;

import io.tallystick.store.log.LogException;
import io.tallystick.store.seal.StopLatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The bounded queue between clients and sequencer, and the only place where the sequencer waits.
 * The bound counts bytes of blocks from acceptance to force, so it also bounds what a power cut can
 * tear. Safe for any number of threads; only the sequencer calls {@link #take}.
 *
 * <p>It is a stack that the sequencer removes as a whole and reverses: a client needs one
 * compare-and-set and never waits, and the sequencer, which wants everything anyway, needs one
 * exchange. The sequencer is unparked only after it has announced that it sleeps. It announces that
 * before it looks a last time, so no wake-up is lost.
 */
public final class AppendQueue {
  /** Stays in the stack for good once the queue is closed and its last request was removed. */
  private static final AppendRequest CLOSED = new AppendRequest(new byte[0][]);

  private final long maxPendingBytes;
  private final AtomicReference<@Nullable AppendRequest> top = new AtomicReference<>();
  private final AtomicLong pendingBytes = new AtomicLong();
  private final StopLatch latch;
  private volatile @Nullable Thread sleeper;
  private volatile boolean nudged;

  /**
   * A queue for so many bytes.
   *
   * @param latch closes the queue: every later {@link #put} is refused with the latch's reason, and
   *     requests that are already waiting can still be taken
   */
  public AppendQueue(long maxPendingBytes, StopLatch latch) {
    this.maxPendingBytes = maxPendingBytes;
    this.latch = latch;
    latch.onStop(this::wake);
  }

  /**
   * Adds a request, or refuses it at once.
   *
   * @throws LogException.Overloaded if too many bytes are pending
   * @throws LogException if the log has stopped, with the reason
   */
  public void put(AppendRequest request) throws LogException {
    checkOpen();
    long bytes = request.maxBlockBytes();
    long before = pendingBytes.getAndAdd(bytes);
    if (before > 0 && before + bytes > maxPendingBytes) {
      pendingBytes.addAndGet(-bytes);
      throw new LogException.Overloaded(
          "the log has "
              + before
              + " bytes of events waiting to be made durable (limit "
              + maxPendingBytes
              + "); retry shortly");
    }
    AppendRequest below;
    do {
      below = top.get();
      if (below == CLOSED) {
        pendingBytes.addAndGet(-bytes);
        checkOpen();
      }
      request.queueAbove(below);
    } while (!top.compareAndSet(below, request));
    wake();
  }

  private void checkOpen() throws LogException {
    LogException reason = latch.reason();
    if (reason != null) {
      throw reason;
    }
  }

  /** Subtracts requests from the pending bytes, once they are durable or refused. */
  void settled(List<AppendRequest> requests) {
    long bytes = 0;
    for (AppendRequest request : requests) {
      bytes += request.maxBlockBytes();
    }
    pendingBytes.addAndGet(-bytes);
  }

  /** Makes a waiting {@link #take} return, with an empty list if the queue is empty. */
  void nudge() {
    nudged = true;
    wake();
  }

  private void wake() {
    Thread thread = sleeper;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * Removes and returns all waiting requests, oldest first. Waits for a request, a {@link #nudge}
   * or the close of the queue.
   *
   * @return {@code null} when the queue is closed and empty
   */
  @Nullable List<AppendRequest> take() {
    if (top.get() == null && !nudged && latch.reason() == null) {
      sleeper = Thread.currentThread();
      while (top.get() == null && !nudged && latch.reason() == null) {
        LockSupport.park(this);
      }
      sleeper = null;
    }
    nudged = false;
    AppendRequest taken = top.getAndSet(latch.reason() == null ? null : CLOSED);
    if (taken == CLOSED || (taken == null && top.get() == CLOSED)) {
      return null;
    }
    List<AppendRequest> requests = new ArrayList<>();
    for (AppendRequest request = taken; request != null; request = request.leaveQueue()) {
      requests.add(request);
    }
    Collections.reverse(requests);
    return requests;
  }
}
