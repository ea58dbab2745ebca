package io.tallystick.store.write;

import io.tallystick.store.log.LogEnd;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The id of the newest acknowledged entry, which readers can wait on. Safe for any number of
 * threads.
 */
public final class HighWatermark implements LogEnd {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition advanced = lock.newCondition();

  /**
   * Written by one thread. A waiter increments {@link #waiting} before it reads this, so no wake-up
   * is lost.
   */
  private volatile long lastId;

  private final AtomicInteger waiting = new AtomicInteger();

  public HighWatermark(long lastId) {
    this.lastId = lastId;
  }

  @Override
  public boolean isAcknowledged() {
    return true;
  }

  @Override
  public long lastId() {
    return lastId;
  }

  /** Raises the watermark: all entries up to this id are acknowledged. Called by one thread. */
  void through(long id) {
    lastId = id;
    if (waiting.get() > 0) {
      lock.lock();
      try {
        advanced.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Waits until an entry after {@code id} is acknowledged; {@code false} if the timeout passed
   * without one.
   */
  @Override
  public boolean awaitBeyond(long id, Duration timeout) throws InterruptedException {
    if (lastId > id) {
      return true;
    }
    long nanos = timeout.toNanos();
    lock.lockInterruptibly();
    try {
      waiting.incrementAndGet();
      while (lastId <= id) {
        if (nanos <= 0) {
          return false;
        }
        nanos = advanced.awaitNanos(nanos);
      }
      return true;
    } finally {
      waiting.decrementAndGet();
      lock.unlock();
    }
  }
}
