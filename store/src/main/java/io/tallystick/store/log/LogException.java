package io.tallystick.store.log;

import io.tallystick.store.files.NoSpaceException;
import java.io.IOException;

/** A failure to open, read or write a log. The message is a sentence for the operator. */
public sealed class LogException extends IOException {
  private static final long serialVersionUID = 1;

  LogException(String message) {
    super(message);
  }

  LogException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Retention removed the requested entries. */
  public static final class Removed extends LogException {
    private static final long serialVersionUID = 1;

    public Removed(String message) {
      super(message);
    }
  }

  /** The directory holds no log, or a log that this version cannot use. */
  public static final class NotALog extends LogException {
    private static final long serialVersionUID = 1;

    public NotALog(String message) {
      super(message);
    }
  }

  /** The log is open for writing in another process or elsewhere in this one. */
  public static final class Locked extends LogException {
    private static final long serialVersionUID = 1;

    public Locked(String message) {
      super(message);
    }
  }

  /**
   * The bytes on the disk are not those that were written. The message names the file, the place
   * and the entry.
   */
  public static final class Corrupt extends LogException {
    private static final long serialVersionUID = 1;

    public Corrupt(String message) {
      super(message);
    }
  }

  /**
   * The data contradicts a checkpoint that the log signed. The message says what contradicts what.
   * Nothing was changed.
   */
  public static final class Contradiction extends LogException {
    private static final long serialVersionUID = 1;

    public Contradiction(String message) {
      super(message);
    }
  }

  /** The key that signs checkpoints is missing or unusable. */
  public static final class NoKey extends LogException {
    private static final long serialVersionUID = 1;

    public NoKey(String message) {
      super(message);
    }
  }

  /** Too many appends are pending. Nothing of this one was written; retry shortly. */
  public static final class Overloaded extends LogException {
    private static final long serialVersionUID = 1;

    public Overloaded(String message) {
      super(message);
    }
  }

  /**
   * The device has no room. Nothing of this append was written; appends work again once there is
   * room.
   */
  public static final class DiskFull extends LogException {
    private static final long serialVersionUID = 1;

    public DiskFull(NoSpaceException cause) {
      super(String.valueOf(cause.getMessage()), cause);
    }
  }

  /**
   * The log was closed, or it stopped for good because a write or a force failed. Pending entries
   * were not acknowledged, and may or may not be on the device. Reads still work; the next open
   * recovers.
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
