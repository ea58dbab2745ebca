package io.tallystick.ingest.backfill;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;

/** Opens a file, compressed with gzip or not, whatever its name, without a byte order mark. */
public final class InputFile {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final byte[] GZIP = {0x1f, (byte) 0x8b};
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private InputFile() {}

  /**
   * The text of a file.
   *
   * @param progress told how many bytes more of the file, before it is unpacked, were read
   */
  static InputStream open(Path file, LongConsumer progress) throws IOException {
    return text(counting(Files.newInputStream(file), progress));
  }

  /** The text in it, unpacked and without a byte order mark; closes it where that fails. */
  public static InputStream text(InputStream raw) throws IOException {
    InputStream text = unpack(raw);
    try {
      if (startsWith(text, BYTE_ORDER_MARK)) {
        text.skipNBytes(BYTE_ORDER_MARK.length);
      }
      return text;
    } catch (IOException | RuntimeException e) {
      text.close();
      throw e;
    }
  }

  /** The same bytes; {@code progress} is told how many more were read. */
  public static InputStream counting(InputStream raw, LongConsumer progress) {
    return new Counting(raw, progress);
  }

  /** What is in it, or what was before it was compressed; closes it where that fails. */
  public static InputStream unpack(InputStream raw) throws IOException {
    try {
      InputStream text = new BufferedInputStream(raw, BUFFER_BYTES);
      return startsWith(text, GZIP)
          ? new BufferedInputStream(new GZIPInputStream(text, BUFFER_BYTES), BUFFER_BYTES)
          : text;
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  private static boolean startsWith(InputStream in, byte[] prefix) throws IOException {
    in.mark(prefix.length);
    byte[] start = in.readNBytes(prefix.length);
    in.reset();
    return Arrays.equals(start, prefix);
  }

  private static final class Counting extends FilterInputStream {
    private final LongConsumer progress;

    Counting(InputStream in, LongConsumer progress) {
      super(in);
      this.progress = progress;
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      progress.accept(b < 0 ? 0 : 1);
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      progress.accept(Math.max(count, 0));
      return count;
    }
  }
}
