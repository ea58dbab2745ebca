package io.tallystick.index.pace;

/** Waits that an interrupt does not end; the thread is interrupted again after them. */
public final class Uninterruptibly {
  private Uninterruptibly() {}

  /** Waits until the other thread has ended. */
  public static void join(Thread other) {
    boolean interrupted = false;
    while (other.isAlive()) {
      try {
        other.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
