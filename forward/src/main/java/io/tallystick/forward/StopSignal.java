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

  @GuardedBy("this")
  private boolean stopped;

  /** Something that may wait. */
  @FunctionalInterface
  interface Wait<T, E extends Exception> {
    T run() throws E, InterruptedException;
  }

  /** Waits for something, until the stop at the latest. */
  <T, E extends Exception> T during(Wait<T, E> wait) throws E, InterruptedException {
    synchronized (this) {
      if (stopped) {
        throw new InterruptedException("stopped");
      }
      waiting = Thread.currentThread();
    }
    try {
      return wait.run();
    } finally {
      synchronized (this) {
        waiting = null;
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
    if (waiting != null) {
      waiting.interrupt();
    }
  }
}
