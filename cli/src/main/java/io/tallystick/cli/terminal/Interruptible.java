package io.tallystick.cli.terminal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Work that a signal ends in good order: the process waits until it has ended. */
public final class Interruptible {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private Interruptible() {}

  /** The work. */
  @FunctionalInterface
  public interface Work {
    void run() throws Exception;
  }

  /**
   * Does the work to its end.
   *
   * @param stop called by another thread when a signal asks the process to end; makes the work end
   *     soon
   */
  public static void run(Runnable stop, Work work) throws Exception {
    CountDownLatch finished = new CountDownLatch(1);
    Thread hook =
        Thread.ofPlatform()
            .name("tally-stop")
            .unstarted(() -> {
              stop.run();
              try {
                boolean _ = finished.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      work.run();
    } finally {
      finished.countDown();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending, and the hook is what waited for this.
      }
    }
  }
}
