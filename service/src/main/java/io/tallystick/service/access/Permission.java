package io.tallystick.service.access;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a key may do (docs/http-api.md). */
public enum Permission {
  /** Append events and nothing else, not even read what it wrote. */
  AUDIT_APPEND("audit.append"),
  /** Everything that reads. */
  ADMIN_AUDIT("admin.audit"),
  /** Create, list and revoke keys. */
  ADMIN_KEYS("admin.keys"),
  /** Retention runs, archives, legal holds. */
  ADMIN_RETENTION("admin.retention"),
  /** Erase personal values, which nobody can undo. */
  ADMIN_ERASURE("admin.erasure"),
  /** Look after forwarding: status, pause, resume, reconcile, dead letters. */
  ADMIN_FORWARDING("admin.forwarding");

  private final String value;

  Permission(String value) {
    this.value = value;
  }

  /** The permission with this name, for instance {@code audit.append}. */
  public static Optional<Permission> of(String value) {
    return Arrays.stream(values()).filter(p -> p.value.equals(value)).findFirst();
  }

  /** The names of all, for a message. */
  public static String names() {
    return Arrays.stream(values()).map(Permission::toString).collect(Collectors.joining(", "));
  }

  /** Whether it allows more than to append. */
  public boolean isAdmin() {
    return value.startsWith("admin.");
  }

  /** The names of those that allow more than to append, for a message. */
  public static String adminNames() {
    return Arrays.stream(values())
        .filter(Permission::isAdmin)
        .map(Permission::toString)
        .collect(Collectors.joining(", "));
  }

  /** The name, for instance {@code audit.append}. */
  @Override
  public String toString() {
    return value;
  }
}
