package io.tallystick.http.wire;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.eclipse.jetty.http.HttpException;

/**
 * The rest of a request that is already refused. Closing a connection with unread bytes resets it,
 * and the client may see the reset instead of the answer.
 */
public final class UnreadBody {
  private static final long MAX_BYTES = 16 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private UnreadBody() {}

  /** Whether the request has a body at all, read or not. */
  static boolean mayBe(Context request) {
    return request.req().getContentLengthLong() > 0 || request.header("Transfer-Encoding") != null;
  }

  /**
   * Reads and discards the rest of the body, at most 16 MiB and for at most five seconds. A client
   * that pauses is waited for until it counts as idle. One that waits for {@code 100 Continue} has
   * sent nothing.
   */
  static void discard(Context request) {
    if (request.header("Expect") != null) {
      return;
    }
    long started = System.nanoTime();
    byte[] nowhere = new byte[4 << 10];
    try {
      InputStream in = request.req().getInputStream();
      long read = 0;
      for (int n = 0;
          n >= 0 && read < MAX_BYTES && System.nanoTime() - started < TIMEOUT.toNanos();
          read += n) {
        n = in.read(nowhere);
      }
    } catch (IOException | HttpException.RuntimeException | IllegalStateException e) {
      // The body ends here, and the answer goes out all the same.
      return;
    }
  }
}
