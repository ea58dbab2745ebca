package io.tallystick.store.log;

import io.tallystick.store.files.NoSpaceException;
import java.io.IOException;

/** A log that cannot be opened, read or written, with a sentence for the operator that says why. */
public sealed class LogException extends IOException {
  private static final long serialVersionUID = 1;

  LogException(String message) {
    super(message);
  }

  LogException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Entries were asked for that retention took out. */
  public static final class Removed extends LogException {
    private static final long serialVersionUID = 1;

    public Removed(String message) {
      super(message);
    }
  }

  /** The directory holds no log, or a log of another version. */
  public static final class NotALog extends LogException {
    private static final long serialVersionUID = 1;

    public NotALog(String message) {
      super(message);
    }
  }

  /** Another process, or another part of this one, has the log open for writing. */
  public static final class Locked extends LogException {
    private static final long serialVersionUID = 1;

    public Locked(String message) {
      super(message);
    }
  }

  /**
   * The bytes on the disk are not what was written; the message names the file, the place and the
   * entry.
   */
  public static final class Corrupt extends LogException {
    private static final long serialVersionUID = 1;

    public Corrupt(String message) {
      super(message);
    }
  }

  /**
   * What is there contradicts a checkpoint that the log signed; the message says what contradicts
   * what. Nothing was changed.
   */
  public static final class Contradiction extends LogException {
    private static final long serialVersionUID = 1;

    public Contradiction(String message) {
      super(message);
    }
  }

  /** The key that signs checkpoints is missing or can't be used. */
  public static final class NoKey extends LogException {
    private static final long serialVersionUID = 1;

    public NoKey(String message) {
      super(message);
    }
  }

  /**
   * More appends are waiting than the log takes; nothing of this one was written. Try again
   * shortly.
   */
  public static final class Overloaded extends LogException {
    private static final long serialVersionUID = 1;

    public Overloaded(String message) {
      super(message);
    }
  }

  /**
   * The device has no room; nothing of this append was written, and appends work again once there
   * is room.
   */
  public static final class DiskFull extends LogException {
    private static final long serialVersionUID = 1;

    public DiskFull(NoSpaceException cause) {
      super(String.valueOf(cause.getMessage()), cause);
    }
  }

  /**
   * The log was closed, or a write or a force failed and it stopped for good. Whether entries that
   * were under way reached the device is unknown; none of them was acknowledged. Reads go on; the
   * next open recovers.
   */
  public static final class Stopped extends LogException {
    private static final long serialVersionUID = 1;

    public Stopped(String message) {
      super(message);
    }

    public Stopped(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
