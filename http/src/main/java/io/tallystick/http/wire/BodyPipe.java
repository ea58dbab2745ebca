package io.tallystick.http.wire;

import io.tallystick.store.log.SafePoint;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Hands a body on, from the request's thread, to which it belongs, to another thread that computes
 * with it. No more than {@value #MAX_CHUNKS} pieces of 64 KiB are in memory.
 */
public final class BodyPipe implements Closeable {
  private static final int MAX_CHUNKS = 4;
  private static final int CHUNK_BYTES = 64 << 10;
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);
  private static final byte[] END = new byte[0];

  private final BlockingQueue<byte[]> chunks = new ArrayBlockingQueue<>(MAX_CHUNKS);

  /** Whether nobody reads, or nobody writes, any more. */
  private volatile boolean closed;

  /** What the request's thread does now and then while the body arrives. */
  @FunctionalInterface
  public interface Check {
    void run() throws IOException, InterruptedException;
  }

  /**
   * Hands all of a body on, or as much of it as is read.
   *
   * @param check is run several times a second, while the body arrives and is read
   */
  public void fill(InputStream body, Check check) throws IOException, InterruptedException {
    byte[] chunk = new byte[CHUNK_BYTES];
    int read = body.read(chunk);
    long checked = System.nanoTime();
    while (!closed) {
      byte[] next = read < 0 ? END : Arrays.copyOf(chunk, read);
      while (!closed && !chunks.offer(next, LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        check.run();
      }
      if (read < 0) {
        return;
      }
      if (System.nanoTime() - checked > LOOK_EVERY.toNanos()) {
        check.run();
        checked = System.nanoTime();
      }
      read = body.read(chunk);
    }
  }

  /** The body, for the other thread. */
  public InputStream reader() {
    return new Reader();
  }

  /** Nothing comes any more; whoever still reads gets an error. */
  @Override
  public void close() {
    closed = true;
  }

  private final class Reader extends BulkStream {
    private byte[] chunk = END;
    private int at;
    private boolean ended;

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (at == chunk.length && !ended) {
        chunk = next();
        at = 0;
        ended = chunk.length == 0;
      }
      if (ended) {
        return -1;
      }
      int count = Math.min(length, chunk.length - at);
      System.arraycopy(chunk, at, target, offset, count);
      at += count;
      return count;
    }

    private byte[] next() throws IOException {
      byte[] there = chunks.poll();
      try {
        return there != null ? there : Objects.requireNonNull(SafePoint.awaiting(this::awaited));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("interrupted").initCause(e);
      }
    }

    private byte[] awaited() throws IOException, InterruptedException {
      byte[] next = null;
      while (next == null) {
        // Before the look at the queue: what was put there before the end has to be read.
        boolean last = closed;
        next = chunks.poll(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null && last) {
          throw new IOException("the body ended too early");
        }
      }
      return next;
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
