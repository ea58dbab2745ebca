package io.tallystick.cli.command;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * Waits for SIGTERM or Ctrl-C, keeps the process until everything is closed, and then ends it with
 * its exit code.
 */
public final class Stop {
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CompletableFuture<Integer> done = new CompletableFuture<>();

  /** Waits for the signal. */
  void await() throws InterruptedException {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("tally-stop")
                .unstarted(() -> {
                  asked.countDown();
                  Runtime.getRuntime().halt(done.join());
                }));
    asked.await();
  }

  /** Everything is closed: the process may end. */
  void done(int exitCode) {
    done.complete(exitCode);
  }
}
