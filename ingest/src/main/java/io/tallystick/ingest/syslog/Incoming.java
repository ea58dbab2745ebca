package io.tallystick.ingest.syslog;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a connection. Before it waits for more of them, it lets its owner do what there is
 * to do: what came whole must not wait for what comes in part. Used by one thread.
 */
final class Incoming {
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final BeforeWaiting beforeWaiting;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int at;
  private int end;
  private @Nullable IOException failure;

  /** Something to do before waiting. */
  @FunctionalInterface
  interface BeforeWaiting {
    void run() throws IOException, InterruptedException;
  }

  Incoming(InputStream in, BeforeWaiting beforeWaiting) {
    this.in = in;
    this.beforeWaiting = beforeWaiting;
  }

  /**
   * The next byte; -1 if there is none, because the connection ended or broke.
   *
   * @throws IOException what there was to do before waiting failed
   */
  int read() throws IOException, InterruptedException {
    if (at < end) {
      return buffer[at++] & 0xff;
    }
    beforeWaiting.run();
    try {
      end = in.read(buffer);
    } catch (IOException e) {
      failure = e;
      end = 0;
    }
    at = 0;
    return end > 0 ? buffer[at++] & 0xff : -1;
  }

  /** Why the connection broke; {@code null} if it did not. */
  @Nullable IOException failure() {
    return failure;
  }

  /**
   * Fails if the connection broke, rather than ended.
   *
   * @throws IOException why it broke
   */
  void checkEnded() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }
}
