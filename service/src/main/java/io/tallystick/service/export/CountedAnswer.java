package io.tallystick.service.export;

import io.tallystick.service.query.Answer;

/** An answer that is read while it is written, and counts its entries. Used once, by one thread. */
public interface CountedAnswer extends Answer {
  /** How many entries were written so far. */
  long entries();
}
