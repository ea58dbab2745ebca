package io.tallystick.cli.terminal;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Where a command writes. On a terminal there is colour (unless {@code NO_COLOR} is set) and a
 * width; in a pipe or a file there is neither.
 */
public final class Terminal {
  private static final int DEFAULT_WIDTH = 120;

  private final PrintStream out;
  private final PrintStream err;
  private final PrintStream data;
  private final boolean interactive;
  private final boolean coloured;
  private final Map<String, String> environment;
  private final BooleanSupplier closedByReader;

  /** A terminal that writes to these streams. */
  public Terminal(PrintStream out, PrintStream err, Map<String, String> environment) {
    this(out, err, environment, () -> false);
  }

  private Terminal(
      PrintStream out,
      PrintStream err,
      Map<String, String> environment,
      BooleanSupplier closedByReader) {
    this.out = out;
    this.err = err;
    this.environment = environment;
    this.closedByReader = closedByReader;
    this.interactive = Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    this.data =
        interactive ? new PrintStream(new PrintableLines(out), false, StandardCharsets.UTF_8) : out;
    String noColor = environment.getOrDefault("NO_COLOR", "");
    this.coloured = interactive && noColor.isEmpty() && !"dumb".equals(environment.get("TERM"));
  }

  /** The terminal, the pipe or the file that the process was started with. */
  public static Terminal ofProcess(Map<String, String> environment) {
    StandardOutput out = new StandardOutput();
    return new Terminal(
        new PrintStream(out, false, StandardCharsets.UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        environment,
        out::isClosedByReader);
  }

  /** Whether the reader of a pipe has closed it, so that nobody sees further output. */
  boolean isClosedByReader() {
    return closedByReader.getAsBoolean();
  }

  /**
   * Writes out what is held back.
   *
   * @throws ClosedPipe if the reader of a pipe has closed it
   * @throws Failure if standard output accepts no more
   */
  public void flushData() {
    // Data reaches standard output only when it is flushed, so this comes first.
    boolean dataFailed = data.checkError();
    boolean failed = out.checkError() || dataFailed;
    if (isClosedByReader()) {
      throw new ClosedPipe();
    }
    if (failed) {
      throw new Failure(Failure.UNREACHABLE, Output.FAILED);
    }
  }

  public PrintStream out() {
    return out;
  }

  /**
   * Where data goes: unchanged into a pipe or a file, and {@linkplain Printable made safe} on a
   * terminal.
   */
  public PrintStream data() {
    return data;
  }

  public PrintStream err() {
    return err;
  }

  boolean isInteractive() {
    return interactive;
  }

  /** Columns of the terminal; no limit without a terminal. */
  int width() {
    if (!interactive) {
      return Integer.MAX_VALUE;
    }
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String size =
          new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim();
      int columns = Integer.parseInt(size.substring(size.indexOf(' ') + 1));
      return columns > 0 ? columns : DEFAULT_WIDTH;
    } catch (IOException | NumberFormatException e) {
      String columns = environment.getOrDefault("COLUMNS", "");
      return columns.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(columns) : DEFAULT_WIDTH;
    }
  }

  String bold(String text) {
    return colour(text, "1");
  }

  public String red(String text) {
    return colour(text, "31");
  }

  public String green(String text) {
    return colour(text, "32");
  }

  public String dim(String text) {
    return colour(text, "2");
  }

  private String colour(String text, String code) {
    return coloured ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }

  /**
   * A progress bar on standard error for work that takes longer than a second. Shown only if
   * standard error is a terminal, wherever the answer goes.
   */
  public ProgressBar progressBar(String what) {
    return new ProgressBar(errorsAreShown() ? err : null, what);
  }

  /** Whether standard error is a terminal, which {@link Console} does not tell. */
  private static boolean errorsAreShown() {
    try {
      return new ProcessBuilder("test", "-t", "2")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Prints an answer in JSON unchanged. */
  public void printJson(byte[] answer) {
    data().write(answer, 0, answer.length);
    data().println();
    data().flush();
  }

  /** Prints CSV. */
  public void printCsv(String csv) {
    data().print(csv);
    data().flush();
  }
}
