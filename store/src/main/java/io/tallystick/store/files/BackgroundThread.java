package io.tallystick.store.files;

/** A thread whose work can wait while other threads of the process have something to do. */
public final class BackgroundThread {
  /** A tenth of what a thread without it gets where both want a core. */
  private static final int NICE = 10;

  private BackgroundThread() {}

  /**
   * Makes the calling thread one, for the rest of its life. On systems other than Linux it does
   * nothing.
   */
  public static void enter() {
    Posix.available().ifPresent(posix -> posix.setNice(NICE));
  }
}
