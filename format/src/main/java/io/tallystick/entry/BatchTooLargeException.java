package io.tallystick.entry;

/** A batch with more events than the reader was told to take. */
public final class BatchTooLargeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int maxEvents;

  BatchTooLargeException(int maxEvents) {
    super("the batch holds more than the " + maxEvents + " events that are taken at once");
    this.maxEvents = maxEvents;
  }

  /** The largest number of events that would have been taken. */
  public int maxEvents() {
    return maxEvents;
  }
}
