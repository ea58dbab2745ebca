package io.tallystick.cli.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The process's standard output. Once the reader of a pipe has closed it, further output is
 * discarded without an error; every other error is thrown. Used by one thread at a time.
 */
final class StandardOutput extends OutputStream {
  private static final Path SELF = Path.of("/dev/fd/1");
  private static final int TYPE_BITS = 0xf000;
  private static final int FIFO = 0x1000;
  private static final int SOCKET = 0xc000;

  private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
  private volatile boolean closedByReader;

  /** Whether nobody reads what is written. */
  boolean isClosedByReader() {
    return closedByReader;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (closedByReader) {
      return;
    }
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      if (!isPipe()) {
        throw e;
      }
      closedByReader = true;
    }
  }

  /**
   * The only way for a write to a pipe to fail is that its reader is gone. The error's text would
   * say so too, but in the language of the system.
   */
  private static boolean isPipe() {
    try {
      int type = (Integer) Files.getAttribute(SELF, "unix:mode") & TYPE_BITS;
      return type == FIFO || type == SOCKET;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return false;
    }
  }
}
