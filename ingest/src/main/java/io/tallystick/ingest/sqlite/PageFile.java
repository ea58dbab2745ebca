package io.tallystick.ingest.sqlite;

import java.io.Closeable;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;

/** A file that is read at any place. Used by one thread. */
final class PageFile implements Closeable {
  private final FileInputStream in;
  private long at;

  PageFile(Path file) throws IOException {
    this.in = new FileInputStream(file.toFile());
  }

  /** The bytes from here on. */
  byte[] read(long offset, int length) throws IOException {
    if (offset != at) {
      // A file's stream skips backwards too.
      at += in.skip(offset - at);
    }
    byte[] bytes = in.readNBytes(length);
    at += bytes.length;
    if (bytes.length < length) {
      throw new EOFException();
    }
    return bytes;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
