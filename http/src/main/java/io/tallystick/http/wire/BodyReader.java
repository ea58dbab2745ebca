package io.tallystick.http.wire;

import io.javalin.http.Context;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.ZipException;
import org.eclipse.jetty.http.HttpException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the bodies of requests. Each is bounded in bytes and time, and so are all that are in
 * memory together. Safe for any number of threads.
 */
public final class BodyReader {
  private static final int FIRST_BYTES = 16 << 10;

  private final int maxBytes;
  private final long maxPendingBytes;
  private final Duration timeout;
  private final AtomicLong pendingBytes = new AtomicLong();

  public BodyReader(int maxBytes, long maxPendingBytes, Duration timeout) {
    this.maxBytes = maxBytes;
    this.maxPendingBytes = maxPendingBytes;
    this.timeout = timeout;
  }

  /**
   * A body that counts as memory until it is closed, because what is made of it needs as much. Used
   * by one thread.
   */
  public final class Body implements AutoCloseable {
    private byte[] buffer = new byte[0];
    private int length;
    private long reserved;

    /** The bytes; the body keeps none of them. */
    public byte[] take() {
      byte[] bytes = length == buffer.length ? buffer : Arrays.copyOf(buffer, length);
      buffer = new byte[0];
      length = 0;
      return bytes;
    }

    /** Makes room, unless all bodies together are too large then. */
    private boolean grow(int capacity) {
      long more = (long) capacity - buffer.length;
      if (pendingBytes.addAndGet(more) > maxPendingBytes) {
        pendingBytes.addAndGet(-more);
        return false;
      }
      reserved += more;
      buffer = Arrays.copyOf(buffer, capacity);
      return true;
    }

    @Override
    public void close() {
      pendingBytes.addAndGet(-reserved);
      reserved = 0;
    }
  }

  /**
   * Reads the whole body of the request. One with {@code Content-Encoding: gzip} is expanded as it
   * arrives; the limit is for what it expands to.
   */
  public Body read(Context request) {
    boolean gzip = isGzip(request.header("Content-Encoding"));
    if (request.req().getContentLengthLong() > maxBytes) {
      throw tooLarge();
    }
    Body body = new Body();
    long declared = request.req().getContentLengthLong();
    // One byte more, so that the end is read without growing.
    int firstBytes = declared < 0 || declared >= FIRST_BYTES ? FIRST_BYTES : (int) declared + 1;
    try {
      InputStream in = request.req().getInputStream();
      if (gzip) {
        try (GzipStream expanded = new GzipStream(in)) {
          fill(body, FIRST_BYTES, expanded);
        }
      } else {
        fill(body, firstBytes, in);
      }
      return body;
    } catch (ZipException e) {
      body.close();
      throw Problem.of(
              400, "The body is not gzip or is damaged, although Content-Encoding is gzip.")
          .with("Connection", "close")
          .thrown();
    } catch (IOException | HttpException.RuntimeException e) {
      body.close();
      throw unread(e).thrown();
    } catch (RuntimeException | Error e) {
      body.close();
      throw e;
    }
  }

  private static boolean isGzip(@Nullable String encoding) {
    if (encoding == null) {
      return false;
    }
    String lower = encoding.strip().toLowerCase(Locale.ROOT);
    if (!lower.equals("gzip") && !lower.equals("x-gzip")) {
      throw Problem.of(
              415, "Content-Encoding must be gzip or absent, but was " + Quoted.of(encoding) + ".")
          .with("Accept-Encoding", "gzip")
          .thrown();
    }
    return true;
  }

  private void fill(Body body, int firstBytes, InputStream in) throws IOException {
    long started = System.nanoTime();
    for (int n = 0; n >= 0; body.length += Math.max(0, n)) {
      if (body.length > maxBytes) {
        throw tooLarge();
      }
      if (isLate(started)) {
        throw tooSlow().thrown();
      }
      if (body.length == body.buffer.length
          && !body.grow((int) Math.min(Math.max(2L * body.length, firstBytes), maxBytes + 1L))) {
        throw overloaded();
      }
      n = in.read(body.buffer, body.length, body.buffer.length - body.length);
    }
  }

  private boolean isLate(long started) {
    return System.nanoTime() - started > timeout.toNanos();
  }

  private static Problem.Thrown overloaded() {
    return Problem.of(503, "The server holds too much of other requests; try again shortly.")
        .with("Retry-After", "1")
        .thrown();
  }

  private Problem.Thrown tooLarge() {
    return Problem.of(413, "The body must have at most " + maxBytes + " bytes.").thrown();
  }

  private static Problem tooSlow() {
    return Problem.of(408, "The body did not arrive in time.").with("Connection", "close");
  }

  private static Problem unread(Exception e) {
    if (e.getCause() instanceof TimeoutException
        || (e instanceof HttpException h && h.getCode() == 408)) {
      return tooSlow();
    }
    return Problem.of(400, "The body is incomplete.").with("Connection", "close");
  }
}
