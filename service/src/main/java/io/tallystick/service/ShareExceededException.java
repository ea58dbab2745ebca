package io.tallystick.service;

import io.tallystick.tlog.Quoted;
import java.util.Locale;

/**
 * Somebody would hold more than their share of what all share; nothing was done. The message is a
 * whole sentence without a full stop.
 */
public final class ShareExceededException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Limit limit;

  /**
   * @param holder name of the key, or the address of a client without one
   * @param held how much it holds
   * @param total how much there is for all
   */
  public ShareExceededException(Limit limit, String holder, long held, long total) {
    super(
        String.format(
            Locale.ROOT,
            "%s has its share of the %,d %s: it holds %,d, and nobody may hold more than is left"
                + " for all others; %s",
            Quoted.of(holder),
            total,
            limit.unit(),
            held,
            limit.advice()),
        null,
        false,
        false);
    this.limit = limit;
  }

  /** What the holder has its share of. */
  public Limit limit() {
    return limit;
  }
}
