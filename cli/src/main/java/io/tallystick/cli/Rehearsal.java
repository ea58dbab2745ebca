package io.tallystick.cli;

import io.tallystick.cli.terminal.Terminal;
import java.util.List;
import java.util.Map;

/**
 * Runs several command lines one after another in one process. The launcher uses it to record which
 * classes the short commands load.
 */
final class Rehearsal {
  private Rehearsal() {}

  /**
   * Runs each command line and exits with 0, whatever a command exits with.
   *
   * @param args a command line each, its words separated by one space
   */
  public static void main(String[] args) {
    Map<String, String> environment = System.getenv();
    Terminal terminal = Main.start(environment);
    for (String line : args) {
      Main.run(terminal, environment, List.of(line.split(" ", -1)));
    }
    System.exit(0);
  }
}
