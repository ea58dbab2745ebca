package io.tallystick.store;

import java.util.concurrent.ThreadFactory;

/**
 * One of the log's three threads.
 *
 * @param work what it does, which ends by itself once the log is stopped
 */
record LogThread(Thread thread, Runnable work) {
  static LogThread of(String name, Runnable work, ThreadFactory threads) {
    Thread thread = threads.newThread(work);
    thread.setName(name);
    thread.setDaemon(true);
    return new LogThread(thread, work);
  }

  void start() {
    thread.start();
  }

  /**
   * Waits until the work is done. If the thread could not be started, the work is done here, so
   * that what it owns is closed.
   *
   * @return whether this thread was interrupted meanwhile
   */
  boolean finish() {
    if (thread.getState() == Thread.State.NEW) {
      work.run();
      return false;
    }
    return Uninterruptibly.wasInterruptedWhileJoining(thread);
  }
}
