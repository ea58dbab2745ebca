package io.tallystick.cli.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/**
 * Writes UTF-8 to a terminal line by line, each {@linkplain Printable made safe to show}. A line is
 * held back until it ends or the stream is flushed. Used by one thread.
 */
public final class PrintableLines extends OutputStream {
  private static final int MAX_HELD_BYTES = 1 << 20;

  private final PrintStream terminal;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  PrintableLines(PrintStream terminal) {
    this.terminal = terminal;
  }

  @Override
  public void write(int b) {
    if (b == '\n') {
      show();
      terminal.println();
    } else {
      line.write(b);
      if (line.size() == MAX_HELD_BYTES) {
        show();
      }
    }
  }

  /** Drops a carriage return at the end, which is how CSV ends a line. */
  private void show() {
    String text = line.toString(UTF_8);
    line.reset();
    terminal.print(Printable.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text));
  }

  @Override
  public void flush() {
    show();
    terminal.flush();
  }
}
