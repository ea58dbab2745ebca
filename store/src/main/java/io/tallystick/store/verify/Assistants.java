package io.tallystick.store.verify;

/** Threads that check runs of entries for a verification, as far as they have time. */
@FunctionalInterface
public interface Assistants {
  /**
   * Has a run checked on another thread, now or shortly.
   *
   * @return {@code false} if it is not; the verification then does it itself
   */
  boolean assist(Runnable run);
}
