package io.tallystick.http.wire;

import io.javalin.http.Context;
import io.tallystick.service.ShareExceededException;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.zip.ZipException;
import org.eclipse.jetty.http.HttpException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the bodies of requests. Each is bounded in bytes and time, and all bodies of one sender in
 * memory. Safe for any number of threads.
 */
public final class BodyReader {
  private final int maxBytes;
  private final BodyMemory memory;
  private final Duration timeout;

  public BodyReader(int maxBytes, BodyMemory memory, Duration timeout) {
    this.maxBytes = maxBytes;
    this.memory = memory;
    this.timeout = timeout;
  }

  /**
   * A body that counts as memory until it is closed, because what is made of it needs as much. Used
   * by one thread.
   */
  public static final class Body implements AutoCloseable {
    private final BodyMemory.Lease memory;

    /** All but the last are full. Memory is reserved for no more than one ahead of the client. */
    private final Deque<byte[]> chunks = new ArrayDeque<>();

    private int inLast;
    private int length;

    private Body(BodyMemory.Lease memory) {
      this.memory = memory;
    }

    /** The bytes; the body keeps none of them. */
    public byte[] take() {
      byte[] bytes = new byte[length];
      for (int at = 0; at < length; ) {
        byte[] chunk = chunks.removeFirst();
        int n = chunks.isEmpty() ? inLast : chunk.length;
        System.arraycopy(chunk, 0, bytes, at, n);
        at += n;
      }
      chunks.clear();
      inLast = 0;
      length = 0;
      return bytes;
    }

    /**
     * Counts what became of the body, if that needs more memory than the body itself.
     *
     * @throws ShareExceededException if the sender would have more than its share
     */
    public void countAtLeast(long bytes) {
      memory.raiseTo(bytes);
    }

    /** Reads what has arrived, up to the end of a chunk; -1 at the end of the body. */
    private int readFrom(InputStream in, int nextChunk) throws IOException {
      if (chunks.isEmpty() || inLast == chunks.getLast().length) {
        memory.add(nextChunk);
        chunks.addLast(new byte[nextChunk]);
        inLast = 0;
      }
      byte[] last = chunks.getLast();
      int n = in.read(last, inLast, last.length - inLast);
      inLast += Math.max(0, n);
      length += Math.max(0, n);
      return n;
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  /**
   * Reads the whole body of the request. One with {@code Content-Encoding: gzip} is expanded as it
   * arrives. The limit is for what arrives and for what it expands to: compressed bytes without end
   * may expand to nothing, and would keep a core busy for as long as they are read.
   *
   * @param sender name of the key that sent it, or the address where no key is needed
   * @throws ShareExceededException if all bodies of this sender need more memory than its share
   */
  public Body read(Context request, String sender) {
    boolean gzip = isGzip(request.header("Content-Encoding"));
    long declared = request.req().getContentLengthLong();
    if (declared > maxBytes) {
      throw tooLarge();
    }
    Body body = new Body(memory.lease(sender));
    try (PacedStream in = new PacedStream(request, timeout, maxBytes + 1L)) {
      if (gzip) {
        try (GzipStream expanded = new GzipStream(in)) {
          fill(body, expanded, -1);
        }
      } else {
        fill(body, in, declared);
      }
      return body;
    } catch (PacedStream.TooLongException e) {
      body.close();
      throw tooLarge();
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

  /**
   * @param declared length of the body; negative if unknown
   */
  private void fill(Body body, InputStream in, long declared) throws IOException {
    // One byte more than is allowed or declared, so that the end is read without another chunk.
    long most = 1 + (declared < 0 ? maxBytes : declared);
    while (body.readFrom(in, (int) Math.min(BodyMemory.SMALL_BYTES, most - body.length)) >= 0) {
      if (body.length > maxBytes) {
        throw tooLarge();
      }
    }
  }

  private Problem.Thrown tooLarge() {
    return Problem.of(413, "The body must have at most " + maxBytes + " bytes.").thrown();
  }

  private Problem unread(Exception e) {
    boolean slow =
        e instanceof PacedStream.TooSlowException
            || e.getCause() instanceof TimeoutException
            || (e instanceof HttpException h && h.getCode() == 408);
    return (slow
            ? Problem.of(
                408,
                "The body did not arrive in time: all of it within "
                    + seconds(timeout)
                    + " s, and at least "
                    + PacedStream.MIN_BYTES_PER_SECOND
                    + " bytes a second.")
            : Problem.of(400, "The body is incomplete."))
        .with("Connection", "close");
  }

  private static String seconds(Duration time) {
    return time.toMillis() % 1_000 == 0
        ? Long.toString(time.toSeconds())
        : Double.toString(time.toMillis() / 1e3);
  }
}
