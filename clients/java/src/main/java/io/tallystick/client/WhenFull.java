package io.tallystick.client;

/** What {@link AuditClient#append} does while the spool has no room. */
public enum WhenFull {
  /** It waits for room. */
  BLOCK,
  /** It throws {@link SpoolFullException}. */
  RAISE
}
