package io.tallystick.cli.terminal;

/** A command that ends with a sentence for the person who called it, and an exit code. */
public final class Failure extends RuntimeException {
  /** The log does not verify. */
  public static final int NOT_VALID = 1;

  /** The call is not one that is taken. */
  public static final int USAGE = 2;

  /** The server or the directory can't be reached or opened. */
  public static final int UNREACHABLE = 3;

  /** The key is missing or does not allow it. */
  public static final int NOT_PERMITTED = 4;

  private static final long serialVersionUID = 1;

  private final int exitCode;

  public Failure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}
