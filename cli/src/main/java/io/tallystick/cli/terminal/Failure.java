package io.tallystick.cli.terminal;

/** A command that ends with a sentence for the person who called it, and an exit code. */
public final class Failure extends RuntimeException {
  /** The log does not verify. */
  public static final int NOT_VALID = 1;

  /** The command line or its input is wrong. */
  public static final int USAGE = 2;

  /** The server or the directory can't be reached, opened or written. */
  public static final int UNREACHABLE = 3;

  /** The key is missing, unknown, or lacks the permission. */
  public static final int NOT_PERMITTED = 4;

  private static final long serialVersionUID = 1;

  private final int exitCode;
  private final boolean unanswered;
  private final boolean temporary;

  public Failure(int exitCode, String message) {
    this(exitCode, message, false, false);
  }

  private Failure(int exitCode, String message, boolean unanswered, boolean temporary) {
    super(message);
    this.exitCode = exitCode;
    this.unanswered = unanswered;
    this.temporary = temporary;
  }

  /** A request that was sent and never answered: the server may have done what it asked. */
  public static Failure unanswered(String message) {
    return new Failure(UNREACHABLE, message, true, true);
  }

  /** What may go well if it is tried again as it was. */
  public static Failure temporary(int exitCode, String message) {
    return new Failure(exitCode, message, false, true);
  }

  public int exitCode() {
    return exitCode;
  }

  /** Whether it is unknown if the server did what it was asked. */
  public boolean isUnanswered() {
    return unanswered;
  }

  /** Whether the same may go well if it is tried again. */
  public boolean isTemporary() {
    return temporary;
  }
}
