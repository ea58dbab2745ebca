package io.tallystick.store.verify;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that assist verifications where nothing else has to be done on the machine: one for
 * each core but that of the caller, at least one, shared by all verifications of the process. They
 * end after a minute without work, and do not keep the process alive.
 *
 * <p>A few runs wait for them at most; a verification checks more than that itself, so all of them
 * advance.
 */
final class VerifierThreads {
  private static final int MAX_WAITING_EACH = 2;
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final ThreadPoolExecutor POOL = pool();

  private VerifierThreads() {}

  private static ThreadPoolExecutor pool() {
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(MAX_WAITING_EACH * threads),
            work ->
                Thread.ofPlatform()
                    .name("tally-verify-" + COUNT.incrementAndGet())
                    .daemon()
                    .unstarted(work));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** As {@link Assistants}. */
  static boolean assist(Runnable run) {
    try {
      POOL.execute(run);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }
}
