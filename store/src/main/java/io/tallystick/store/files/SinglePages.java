package io.tallystick.store.files;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the kernel hold the part of a file that is written next in single pages (decision 49). Where
 * the kernel does not do so, a force writes more than it has to. Used by one thread.
 *
 * <p>A file that is also written through mapped memory is longer than what stands in it. Whoever
 * reads near the end of that makes Linux read ahead into the empty part, in pieces that grow to
 * megabytes. A mapped write of four bytes then changes a whole piece, and the next force writes all
 * of it. Pages that the kernel holds already stay as they are.
 */
public final class SinglePages implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(SinglePages.class);
  private static final @Nullable MethodHandle NUMBER = number();

  /** From half as much to so much behind the position is held in single pages. */
  private static final int AHEAD = 1 << 20;

  /** Behind the first position there may be pages that are still to be forced. */
  private static final int CHANGED = 64 << 10;

  private final byte[] read = new byte[AHEAD];
  private final RandomAccessFile file;

  /** Up to where they are held; negative before the first time. */
  private long until = -1;

  /**
   * @param path of an existing file
   */
  public SinglePages(Path path) throws IOException {
    this.file = new RandomAccessFile(path.toFile(), "r");
  }

  /** Says that the file will be written from this position on. */
  public void from(long position) throws IOException {
    if (until - position < AHEAD / 2) {
      long start = Math.max(until, position);
      forgetFrom(until < 0 ? start + CHANGED : start);
      file.seek(start);
      int n = file.read(read, 0, (int) (position + AHEAD - start));
      until = start + Math.max(0, n);
    }
  }

  /** Drops the larger pieces that somebody made the kernel read meanwhile. */
  private void forgetFrom(long position) throws IOException {
    MethodHandle number = NUMBER;
    Posix posix = Posix.available().orElse(null);
    if (number != null && posix != null) {
      try {
        posix.forgetFrom((int) number.invokeExact(file.getFD()), position);
      } catch (IOException | RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("the number of a file descriptor can't be had", e);
      }
    }
  }

  /** A file descriptor's number, for which Java has no public call; see jvm.options. */
  private static @Nullable MethodHandle number() {
    try {
      return MethodHandles.lookup()
          .findStatic(
              Class.forName("sun.nio.ch.IOUtil"),
              "fdVal",
              MethodType.methodType(int.class, FileDescriptor.class));
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      // Nothing was written through it.
      LOG.debug("a segment's descriptor was closed with an error", e);
    }
  }
}
