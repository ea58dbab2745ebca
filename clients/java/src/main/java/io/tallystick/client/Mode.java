package io.tallystick.client;

/** When {@link AuditClient#append} returns, and so what its return means. */
public enum Mode {
  /** When the event is in the log, with its receipt. */
  SYNC,
  /**
   * When the event is synced to a file of the spool directory. It is sent in the background until
   * the server has it, after a restart, too.
   */
  SPOOLED,
  /**
   * At once. Events wait in memory, and are dropped when there are too many or when the process
   * ends. The log is told how many were dropped while the process ran.
   */
  BEST_EFFORT
}
