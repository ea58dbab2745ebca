package io.tallystick.service.witness;

/** A witness does not sign a checkpoint. */
public final class RefusedException extends Exception {
  /** Why not (C2SP tlog-witness, "add-checkpoint"). */
  public enum Reason {
    /** The request is not well formed, or its old size is above the new one. */
    MALFORMED,
    /** The witness does not watch this log. */
    UNKNOWN_LOG,
    /** No known key of the log has signed. */
    NOT_SIGNED,
    /** The old size is not the one that the witness signed last. */
    OTHER_SIZE,
    /** The checkpoint does not continue what the witness signed last. */
    CONTRADICTION
  }

  private final Reason reason;
  private final long size;

  RefusedException(Reason reason, long size, String message) {
    super(message);
    this.reason = reason;
    this.size = size;
  }

  RefusedException(Reason reason, String message) {
    this(reason, 0, message);
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** The size that the witness signed last, where that is the reason. */
  public long size() {
    return size;
  }
}
