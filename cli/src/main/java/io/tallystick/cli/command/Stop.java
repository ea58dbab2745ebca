package io.tallystick.cli.command;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * The end that SIGTERM or Ctrl-C brings: the process stays until everything is closed, and ends
 * with its code.
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

  void done(int exitCode) {
    done.complete(exitCode);
  }
}
