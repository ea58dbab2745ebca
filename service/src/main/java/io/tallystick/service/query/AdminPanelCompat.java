package io.tallystick.service.query;

import io.tallystick.index.AuditQuery;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What SimpleTuner's admin panel sends and reads beyond its audit-logging document, and nothing
 * else needs: {@code security_only} on lists, and counts of 24 hours in the statistics
 * (docs/decisions, 0024).
 */
final class AdminPanelCompat {
  /** With {@code true}, the panel asks for security events alone; {@code false} narrows nothing. */
  static final String SECURITY_ONLY = "security_only";

  private static final Duration DAY = Duration.ofHours(24);

  private AdminPanelCompat() {}

  /** Whether the panel asks for security events alone. */
  static boolean isSecurityOnly(Parameters given) {
    return Boolean.TRUE.equals(given.flag(SECURITY_ONLY));
  }

  /** Entries with {@code auth.login.failed} of the 24 hours before now. */
  static long failedLogins(LogView view, Instant now) throws IOException, InterruptedException {
    return count(view, "auth.login.failed", now);
  }

  /** Entries with {@code security.permission_denied} of the 24 hours before now. */
  static long permissionDenials(LogView view, Instant now)
      throws IOException, InterruptedException {
    return count(view, "security.permission_denied", now);
  }

  private static long count(LogView view, String type, Instant now)
      throws IOException, InterruptedException {
    return view.count(AuditQuery.builder().eventTypes(List.of(type)).since(now.minus(DAY)).build());
  }
}
