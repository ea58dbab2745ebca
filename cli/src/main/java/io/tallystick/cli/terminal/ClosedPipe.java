package io.tallystick.cli.terminal;

/**
 * Ends a command whose output nobody reads any more, as in {@code tally export | head}. That is no
 * failure: the command exits with 0 and prints nothing.
 */
public final class ClosedPipe extends RuntimeException {
  private static final long serialVersionUID = 1;

  ClosedPipe() {
    super("the reader of standard output closed the pipe");
  }
}
