package io.tallystick.cli.terminal;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Writes the result of a command to a file, which appears once it is complete, or to standard
 * output.
 */
public final class Output {
  /** The message when standard output accepts no more. */
  public static final String FAILED = "not everything could be written to standard output";

  private static final int BUFFER_BYTES = 1 << 16;

  private Output() {}

  /** Writes the result. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException, InterruptedException;
  }

  public static void write(Terminal terminal, @Nullable Path file, byte[] content)
      throws IOException, InterruptedException {
    write(terminal, file, out -> out.write(content));
  }

  public static void write(Terminal terminal, @Nullable Path file, Content content)
      throws IOException, InterruptedException {
    if (file == null) {
      OutputStream out = new BufferedOutputStream(new Checked(terminal), BUFFER_BYTES);
      content.writeTo(out);
      out.flush();
      return;
    }
    Path unfinished = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (OutputStream out =
          new BufferedOutputStream(Files.newOutputStream(unfinished), BUFFER_BYTES)) {
        content.writeTo(out);
      }
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  /** Throws at the first error, which a print stream keeps to itself. */
  private static final class Checked extends OutputStream {
    private final Terminal terminal;

    Checked(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      terminal.data().write(bytes, from, length);
      flush();
    }

    @Override
    public void flush() {
      terminal.flushData();
    }
  }
}
