package io.tallystick.cli;

import io.tallystick.cli.terminal.Terminal;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code tally generate-man-page}: the manual page on standard output. */
@Command(name = "generate-man-page", description = "Print the manual page, which \"man -l\" shows")
final class ManPageCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Supplier<CommandLine> all;

  /**
   * @param all the command line with every command, and no environment
   */
  ManPageCommand(Terminal terminal, Supplier<CommandLine> all) {
    this.terminal = terminal;
    this.all = all;
  }

  @Override
  public Integer call() {
    terminal.out().print(ManPage.of(all.get()));
    return 0;
  }
}
