package io.tallystick.store;

/** Waits that an interrupt does not end. */
public final class Uninterruptibly {
  private Uninterruptibly() {}

  /** Waits until the other thread has ended; an interrupt meanwhile is there again afterwards. */
  public static void join(Thread other) {
    if (wasInterruptedWhileJoining(other)) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Waits until the other thread has ended.
   *
   * @return whether this thread was interrupted meanwhile, for a caller that has to do something
   *     before it is interrupted again
   */
  static boolean wasInterruptedWhileJoining(Thread other) {
    boolean interrupted = false;
    while (other.isAlive()) {
      try {
        other.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    return interrupted;
  }
}
