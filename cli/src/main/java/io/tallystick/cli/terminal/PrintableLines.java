package io.tallystick.cli.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/**
 * UTF-8 on its way to a terminal: line by line, each {@linkplain Printable made safe to show}. A
 * line is held until it ends, or the stream is flushed. Used by one thread.
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

  /** A carriage return at its end is part of how CSV ends a line. */
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
