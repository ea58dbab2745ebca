package io.tallystick.client;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Where events wait for the sender, oldest first. Safe for use by many threads. */
interface EventQueue {
  int MAX_BATCH_EVENTS = 1_000;
  int MAX_BATCH_BYTES = 1 << 20;

  /** Adds an event that {@link Event#encode} made. */
  void append(byte[] encoded);

  /**
   * The oldest events, waiting for one; they stay until {@link #done}. Only the sender calls it.
   *
   * @return empty when the queue is stopped
   */
  List<byte[]> next() throws IOException;

  /** Removes the oldest events, which the log has or has rejected. Only the sender calls it. */
  void done(int count) throws IOException;

  /** Keeps a rejected event aside, if that is what this queue does. It does not remove it. */
  void reject(Rejection rejection) throws IOException;

  /** Waits until nothing is left; how many events are left then, or after the time. */
  int awaitEmpty(Duration timeout);

  /** Ends {@link #next}. */
  void stop();

  /** Lets go of everything, and says how many events are left. */
  int close();
}
