package io.tallystick.ingest.receiver;

/**
 * A body has so many values for its size that they would take far more memory than it. It is
 * refused as too large: to keep it raw would be to keep its beginning.
 */
public final class TooManyValuesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A body has more than this many values. */
  public TooManyValuesException(long most) {
    super(
        "The body has more than the %,d values that are read of one of its size; send smaller ones."
            .formatted(most));
  }
}
