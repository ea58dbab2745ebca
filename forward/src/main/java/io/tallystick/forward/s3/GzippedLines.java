package io.tallystick.forward.s3;

import io.tallystick.forward.reconcile.Lines;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;

/** Lines of bytes, compressed with gzip: the records in an object. */
final class GzippedLines {
  private GzippedLines() {}

  /**
   * Gives each that is not blank.
   *
   * @throws java.util.zip.ZipException if it is not compressed with gzip
   * @throws java.io.EOFException if it ends too early
   */
  static void forEach(byte[] object, Consumer<byte[]> consumer) throws IOException {
    try (InputStream lines =
        new BufferedInputStream(new GZIPInputStream(new ByteArrayInputStream(object)))) {
      Lines.forEach(lines, true, consumer);
    }
  }
}
