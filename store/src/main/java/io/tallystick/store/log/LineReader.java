package io.tallystick.store.log;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Reads the lines of a file in an archive, each up to a limit. Used by one thread. */
public final class LineReader implements Closeable {
  private final InputStream in;
  private final int maxBytes;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  /**
   * @param in is closed with the reader
   * @param maxBytes most bytes of a line without its line feed
   */
  public LineReader(InputStream in, int maxBytes) {
    this.in = new BufferedInputStream(in, 1 << 16);
    this.maxBytes = maxBytes;
  }

  /**
   * The next line without its line feed; {@code null} at the end.
   *
   * @throws LogException.Corrupt if it is too long, or has no line feed
   */
  public byte @Nullable [] next() throws IOException {
    line.reset();
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        return line.toByteArray();
      }
      line.write(next);
      if (line.size() > maxBytes) {
        throw new LogException.Corrupt(
            "the archive has a line that is longer than an entry can be");
      }
    }
    if (line.size() > 0) {
      throw new LogException.Corrupt("the last line of the archive is incomplete");
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
