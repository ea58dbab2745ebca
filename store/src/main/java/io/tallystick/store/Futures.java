package io.tallystick.store;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what another thread does as if it was done here: its errors are thrown as they are. */
public final class Futures {
  private Futures() {}

  /**
   * What the future ends with.
   *
   * @throws IOException if it ends with that, or with another checked error, which is the cause
   */
  public static <T> T from(Future<T> future) throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw error(e);
    }
  }

  /**
   * What the future ends with, waiting so long at most.
   *
   * @throws IOException if it ends with that, or with another checked error, which is the cause
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
