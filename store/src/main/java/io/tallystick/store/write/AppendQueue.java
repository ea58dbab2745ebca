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
 * <p>It is a stack that the taker takes whole and reverses: a client does one compare-and-set and
 * never waits, and the taker, which wants everything anyway, does one exchange. A client wakes the
 * taker only if it sleeps and wants what is there. The taker announces that before it looks a last
 * time, so no wake-up is lost.
 */
public final class AppendQueue {
  /** Stays in the stack for good once the queue is closed and its last request was removed. */
  private static final AppendRequest CLOSED = new AppendRequest(List.of());

  /**
   * A taker that lets requests gather is woken when this much has come: enough to work on while the
   * device forces what came before.
   */
  private static final long GATHER_BYTES = 32L << 10;

  private final long maxPendingBytes;
  private final AtomicReference<@Nullable AppendRequest> top = new AtomicReference<>();

  /** Of everything that was put and is not settled. */
  private final AtomicLong pendingBytes = new AtomicLong();

  /** Of that, what was taken: raised late and lowered early, so the rest is never too little. */
  private final AtomicLong takenBytes = new AtomicLong();

  private final StopLatch latch;
  private volatile @Nullable Thread sleeper;

  /** The sleeper wants to be woken from so many waiting bytes on. Written before it sleeps. */
  private volatile long wakeFromBytes;

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
    Thread thread = sleeper;
    if (thread != null && before + bytes - takenBytes.get() >= wakeFromBytes) {
      LockSupport.unpark(thread);
    }
  }

  private void checkOpen() throws LogException {
    LogException reason = latch.reason();
    if (reason != null) {
      throw reason;
    }
  }

  /** Subtracts requests from the pending bytes, once they are durable or refused. */
  void settled(List<AppendRequest> requests) {
    long bytes = bytes(requests);
    takenBytes.addAndGet(-bytes);
    pendingBytes.addAndGet(-bytes);
  }

  private static long bytes(List<AppendRequest> requests) {
    long bytes = 0;
    for (AppendRequest request : requests) {
      bytes += request.maxBlockBytes();
    }
    return bytes;
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
   * @param gather whether to sleep on until many requests have come: for a taker that will be
   *     nudged when it can do something with a few
   * @return {@code null} when the queue is closed and empty
   */
  @Nullable List<AppendRequest> take(boolean gather) {
    long from = gather ? GATHER_BYTES : 0;
    if (!isWorthTaking(from)) {
      wakeFromBytes = from;
      sleeper = Thread.currentThread();
      while (!isWorthTaking(from)) {
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
    takenBytes.addAndGet(bytes(requests));
    return requests;
  }

  private boolean isWorthTaking(long fromBytes) {
    return nudged
        || latch.reason() != null
        || (top.get() != null && pendingBytes.get() - takenBytes.get() >= fromBytes);
  }
}
