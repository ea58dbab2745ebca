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
 * The bounded queue between the clients and the sequencer, and the sequencer's one place to wait.
 * The bound is in bytes of blocks from acceptance to force, so it also bounds what a power cut can
 * tear. Safe for any number of threads; one thread takes.
 *
 * <p>It is a stack that the taker takes whole and turns round: a client does one compare-and-set
 * and waits for nobody, and the taker, which wants everything anyway, one exchange. The taker is
 * woken only if it said that it sleeps; it says so before it looks a last time, so no wake-up is
 * lost.
 */
public final class AppendQueue {
  /** Stands in the stack for ever once the last request was taken after the close. */
  private static final AppendRequest CLOSED = new AppendRequest(new byte[0][]);

  private final long maxPendingBytes;
  private final AtomicReference<@Nullable AppendRequest> top = new AtomicReference<>();
  private final AtomicLong pendingBytes = new AtomicLong();
  private final StopLatch latch;
  private volatile @Nullable Thread sleeper;
  private volatile boolean nudged;

  /**
   * @param latch closes the queue: it refuses every later {@link #put} with the latch's reason, and
   *     what waits can still be taken
   */
  public AppendQueue(long maxPendingBytes, StopLatch latch) {
    this.maxPendingBytes = maxPendingBytes;
    this.latch = latch;
    latch.onStop(this::wake);
  }

  /**
   * Adds a request, or refuses it at once.
   *
   * @throws LogException.Overloaded if too much is pending
   * @throws LogException the reason why the log stopped, after that
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
              + " bytes of events waiting to be made durable and takes "
              + maxPendingBytes
              + "; try again shortly");
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

  /** Takes requests off the count of what is pending: they are durable, or were refused. */
  void settled(List<AppendRequest> requests) {
    long bytes = 0;
    for (AppendRequest request : requests) {
      bytes += request.maxBlockBytes();
    }
    pendingBytes.addAndGet(-bytes);
  }

  /** Makes a waiting {@link #take} return, with nothing if nothing waits. */
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
   * Everything that waits, in the order in which it came; waits itself for a request, a {@link
   * #nudge} or the close.
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
