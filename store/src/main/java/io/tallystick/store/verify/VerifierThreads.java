package io.tallystick.store.verify;

import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that check entries, one for each core, shared by all verifications of the process.
 * They end after a minute without work, and do not keep the process alive.
 *
 * <p>Runs are checked in the order in which they are submitted. A verification has a few of them
 * here at most and submits the next when the oldest is done, so verifications at the same time
 * advance at the same pace, and the queue stays short.
 */
final class VerifierThreads {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final ThreadPoolExecutor POOL = pool();

  private VerifierThreads() {}

  private static ThreadPoolExecutor pool() {
    int cores = Runtime.getRuntime().availableProcessors();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            cores,
            cores,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(),
            work ->
                Thread.ofPlatform()
                    .name("tally-verify-" + COUNT.incrementAndGet())
                    .daemon()
                    .unstarted(work));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Has a run checked. Cancel the future when nobody needs its result any more. */
  static <T> Future<T> submit(Callable<T> run) {
    return POOL.submit(run);
  }
}
