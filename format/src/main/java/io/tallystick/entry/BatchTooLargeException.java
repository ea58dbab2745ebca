package io.tallystick.entry;

/** A batch with more events than are allowed in one request. */
public final class BatchTooLargeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int maxEvents;

  BatchTooLargeException(int maxEvents) {
    super("a batch may have at most " + maxEvents + " events; send the rest in further requests");
    this.maxEvents = maxEvents;
  }

  /** The largest number of events that is allowed. */
  public int maxEvents() {
    return maxEvents;
  }
}
