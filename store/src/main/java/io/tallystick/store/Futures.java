package io.tallystick.store;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for futures and rethrows their errors unwrapped, as if this thread had done the work. */
public final class Futures {
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
      throw error(e);
    }
  }

  /**
   * Waits for the future's result, at most for the timeout.
   *
   * @throws IOException if the future failed with one, or with another checked error as its cause
   */
  public static <T> T from(Future<T> future, Duration timeout)
      throws IOException, InterruptedException, TimeoutException {
    try {
      return future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw error(e);
    }
  }

  private static IOException error(ExecutionException e) {
    return switch (e.getCause()) {
      case IOException io -> io;
      case RuntimeException runtime -> throw runtime;
      case null, default -> new IOException(e.getCause());
    };
  }
}
