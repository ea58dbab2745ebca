package io.tallystick.forward.sink;

import java.io.Closeable;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;

/**
 * A connection to one receiver. Used by one thread, which may be interrupted to stop it; a sink
 * that failed is used again, so it connects anew by itself.
 */
public interface Sink extends Closeable {
  /** What its answers prove: {@link Level#ACCEPTED} or {@link Level#CONFIRMED}. */
  Level level();

  /**
   * Sends records, and returns after the receiver acknowledged them as far as its protocol can.
   *
   * @param batch in the order of their {@link Outgoing#seq}, never empty; some may have been sent
   *     before
   * @return what the receiver refused for good; it has all others
   * @throws SinkException if nothing, or an unknown part, was delivered: all of it is sent again
   */
  Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException;

  /**
   * Entries that were sent and whose proof the receiver should keep: those that were sent first.
   * Empty for a sink that keeps none.
   *
   * @param throughId the last entry that can be proved
   */
  default NavigableSet<Long> unproved(long throughId) throws SinkException, InterruptedException {
    return Collections.emptyNavigableSet();
  }

  /**
   * Sends the proof of what {@link #unproved} returned last.
   *
   * @throws SinkException if it was not stored; it is asked for again later
   */
  default void prove(EntryProof proof) throws SinkException, InterruptedException {}
}
