package io.tallystick.cli;

import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;

/**
 * A command that takes longer than a second and says how far it is, unless it has an argument, for
 * {@link TerminalIT}.
 */
final class ProgressProbe {
  private ProgressProbe() {}

  public static void main(String[] args) throws InterruptedException {
    Terminal terminal = new Terminal(System.out, System.err, System.getenv());
    try (ProgressBar bar = terminal.progressBar("working")) {
      if (args.length == 0) {
        bar.at(1, 4);
      }
      Thread.sleep(1_300);
      if (args.length == 0) {
        bar.at(2, 4);
      }
    }
    terminal.out().println("done");
  }
}
