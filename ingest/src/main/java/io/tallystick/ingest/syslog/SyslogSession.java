package io.tallystick.ingest.syslog;

import java.io.IOException;

/** What is spoken over one connection, until it ends. */
interface SyslogSession {
  /** Most messages that are appended together. */
  int MAX_BATCH = 500;

  /** So many bytes of messages, or one message more, are appended together. */
  int MAX_BATCH_BYTES = 1 << 20;

  /**
   * Receives what the sender sends.
   *
   * @throws Frames.Malformed if it can't be understood
   * @throws IOException if the connection breaks
   */
  void run() throws IOException, InterruptedException;
}
