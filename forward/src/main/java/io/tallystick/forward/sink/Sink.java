package io.tallystick.forward.sink;

import java.io.Closeable;
import java.util.List;

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
}
