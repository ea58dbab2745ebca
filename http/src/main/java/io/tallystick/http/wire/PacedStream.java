package io.tallystick.http.wire;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;

/**
 * The bytes of a body as they arrive. Fails if there are too many, if the whole takes too long, or
 * if a sixth of that time brings less than {@value #MIN_BYTES_PER_SECOND} bytes a second: a client
 * that stops in the middle would hold the memory of what it sent. Used by one thread.
 */
final class PacedStream extends BulkStream {
  static final int MIN_BYTES_PER_SECOND = 1 << 10;

  private final InputStream in;
  private final EndPoint connection;
  private final long idleMillis;
  private final long wholeNanos;
  private final long windowNanos;
  private final long minWindowBytes;
  private final long maxBytes;
  private final long started = System.nanoTime();
  private long windowStarted = started;
  private long windowBytes;
  private long bytes;
  private boolean hurried;

  /** A body that came too slowly. */
  static final class TooSlowException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** A body that has too many bytes. */
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * @param whole time for all of it
   * @param maxBytes that may arrive
   */
  PacedStream(Context request, Duration whole, long maxBytes) throws IOException {
    this.maxBytes = maxBytes;
    this.in = request.req().getInputStream();
    this.connection =
        ServletContextRequest.getServletContextRequest(request.req())
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint();
    this.idleMillis = connection.getIdleTimeout();
    this.wholeNanos = whole.toNanos();
    this.windowNanos = wholeNanos / 6;
    this.minWindowBytes =
        Math.max(1, MIN_BYTES_PER_SECOND * windowNanos / Duration.ofSeconds(1).toNanos());
  }

  /**
   * The next bytes, waiting for them if need be.
   *
   * @throws TooSlowException if they come too slowly
   * @throws TooLongException if there are too many
   */
  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    hurry();
    int n = in.read(target, offset, length);
    if (n >= 0) {
      check(n);
    }
    return n;
  }

  /** While a body is waited for, its connection counts as idle sooner. */
  private void hurry() throws IOException {
    long windowMillis = Math.max(1, windowNanos / 1_000_000);
    if (!hurried && windowMillis < idleMillis && in.available() == 0) {
      hurried = true;
      connection.setIdleTimeout(windowMillis);
    }
  }

  private void check(int arrived) throws TooSlowException, TooLongException {
    bytes += arrived;
    if (bytes > maxBytes) {
      throw new TooLongException();
    }
    long now = System.nanoTime();
    windowBytes += arrived;
    if (now - started > wholeNanos) {
      throw new TooSlowException();
    }
    if (now - windowStarted > windowNanos) {
      if (windowBytes < minWindowBytes) {
        throw new TooSlowException();
      }
      windowStarted = now;
      windowBytes = 0;
    }
  }

  /** The connection may rest again. */
  @Override
  public void close() {
    if (hurried) {
      connection.setIdleTimeout(idleMillis);
    }
  }
}
