package io.tallystick.store;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Waits for futures and rethrows their errors unwrapped, as if this thread had done the work. */
public final class Futures {
  /**
   * Ends waits that take too long. A virtual thread that parks for a time hands that time to a
   * thread of the JVM and takes it back, two switches a request; here both are an entry in a queue,
   * whose thread sleeps as long as no wait takes too long.
   */
  private static final ScheduledThreadPoolExecutor DEADLINES =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("tally-deadlines").daemon().factory());

  static {
    DEADLINES.setRemoveOnCancelPolicy(true);
  }

  private Futures() {}

  /**
   * Waits for the future's result.
   *
   * @throws IOException if the future failed with one, or with another checked error as its cause
   */
  public static <T> T from(Future<T> future) throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw error(e.getCause());
    }
  }

  /**
   * Waits for the future's result, at most for the timeout. The future itself goes on after that.
   *
   * @throws IOException if the future failed with one, or with another checked error as its cause
   */
  public static <T> T from(CompletableFuture<T> future, Duration timeout)
      throws IOException, InterruptedException, TimeoutException {
    if (future.isDone()) {
      return from(future);
    }
    CompletableFuture<T> waiter = future.copy();
    Future<?> deadline =
        DEADLINES.schedule(
            () -> waiter.completeExceptionally(new TimeoutException()),
            timeout.toNanos(),
            TimeUnit.NANOSECONDS);
    try {
      return waiter.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException late) {
        throw late;
      }
      throw error(e.getCause());
    } finally {
      deadline.cancel(false);
    }
  }

  private static IOException error(@Nullable Throwable cause) {
    return switch (cause) {
      case IOException io -> io;
      case RuntimeException runtime -> throw runtime;
      case null, default -> new IOException(cause);
    };
  }
}
