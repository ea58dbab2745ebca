package io.tallystick.http.auth;

import io.tallystick.http.wire.Positive;
import java.time.Duration;

/**
 * Limits of the web page's sessions.
 *
 * @param idle a session ends after so long without a request
 * @param absolute a session ends this long after it began, used or not
 * @param max at once, of which each key has a fair share; beyond that, the key's session that was
 *     idle longest ends
 */
public record SessionLimits(Duration idle, Duration absolute, int max) {
  public SessionLimits {
    Positive.check("idle", idle.toNanos());
    Positive.check("absolute", absolute.toNanos());
    Positive.check("max", max);
  }

  /** 30 minutes idle, 12 hours in all, 1,000 at once. */
  public static SessionLimits defaults() {
    return new SessionLimits(Duration.ofMinutes(30), Duration.ofHours(12), 1_000);
  }
}
