package io.tallystick.forward;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.jspecify.annotations.Nullable;

/**
 * Asks a thread to end, and interrupts it only while it waits for something outside: an interrupt
 * in the middle of a read would close the file for everybody who reads the log.
 */
final class StopSignal {
  @GuardedBy("this")
  private @Nullable Thread waiting;

  /** Whether it waits for what a receiver says to records that it may have. */
  @GuardedBy("this")
  private boolean delivering;

  @GuardedBy("this")
  private boolean stopped;

  @GuardedBy("this")
  private boolean expired;

  /** Something that may wait. */
  @FunctionalInterface
  interface Wait<T, E extends Exception> {
    T run() throws E, InterruptedException;
  }

  /** Waits for something, until the stop at the latest. */
  <T, E extends Exception> T during(Wait<T, E> wait) throws E, InterruptedException {
    return during(false, wait);
  }

  /**
   * Sends something and waits for the answer. A stop lets it go on until {@link #expire}: what the
   * receiver took and nobody wrote down is sent twice.
   */
  <T, E extends Exception> T delivering(Wait<T, E> wait) throws E, InterruptedException {
    return during(true, wait);
  }

  private <T, E extends Exception> T during(boolean delivery, Wait<T, E> wait)
      throws E, InterruptedException {
    synchronized (this) {
      if (expired || (stopped && !delivery)) {
        throw new InterruptedException("stopped");
      }
      waiting = Thread.currentThread();
      delivering = delivery;
    }
    try {
      return wait.run();
    } finally {
      synchronized (this) {
        waiting = null;
        delivering = false;
        if (stopped) {
          var _ = Thread.interrupted();
        }
      }
    }
  }

  synchronized boolean isStopped() {
    return stopped;
  }

  synchronized void stop() {
    stopped = true;
    if (waiting != null && !delivering) {
      waiting.interrupt();
    }
  }

  /** Waits for no answer any more. */
  synchronized void expire() {
    stopped = true;
    expired = true;
    if (waiting != null) {
      waiting.interrupt();
    }
  }
}
