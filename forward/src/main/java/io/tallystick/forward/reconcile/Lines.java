package io.tallystick.forward.reconcile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.Consumer;

/** Lines of bytes. Only one is in memory. */
public final class Lines {
  /** Longest line in bytes. */
  public static final int MAX_BYTES = 32 << 20;

  private Lines() {}

  /** What is done with a line. */
  @FunctionalInterface
  interface Numbered {
    /** The next line that is not blank; blank ones count, and the first one is 1. */
    void line(long number, byte[] line);
  }

  /**
   * Gives every line that is not blank, without its end. The stream is read in small pieces; it
   * should be buffered.
   *
   * @param last whether bytes after the last line feed are a line too
   * @throws IOException if the stream can't be read, or a line is longer than {@link #MAX_BYTES}
   */
  public static void forEach(InputStream in, boolean last, Consumer<byte[]> consumer)
      throws IOException {
    forEachNumbered(in, last, (_, line) -> consumer.accept(line));
  }

  /** As {@link #forEach}, with the number of each line. */
  static void forEachNumbered(InputStream in, boolean last, Numbered consumer) throws IOException {
    long number = 1;
    ByteArrayOutputStream line = new ByteArrayOutputStream(1_024);
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        give(number++, line, consumer);
      } else if (line.size() == MAX_BYTES) {
        throw new InvalidExportException("a line is longer than " + MAX_BYTES + " bytes");
      } else {
        line.write(b);
      }
    }
    if (last) {
      give(number, line, consumer);
    }
  }

  private static void give(long number, ByteArrayOutputStream line, Numbered consumer) {
    byte[] bytes = line.toByteArray();
    line.reset();
    int end = bytes.length;
    while (end > 0 && (bytes[end - 1] == '\r' || bytes[end - 1] == ' ')) {
      end--;
    }
    if (end > 0) {
      consumer.line(number, end == bytes.length ? bytes : Arrays.copyOf(bytes, end));
    }
  }
}
