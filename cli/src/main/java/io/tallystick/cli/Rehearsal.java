package io.tallystick.cli;

import io.tallystick.cli.terminal.Terminal;
import java.util.List;
import java.util.Map;

/**
 * Runs several command lines one after another in one process. The launcher has the JVM remember
 * here which classes the short commands need.
 */
final class Rehearsal {
  private Rehearsal() {}

  /**
   * Runs each command line and ends; what a command answers is not looked at.
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
