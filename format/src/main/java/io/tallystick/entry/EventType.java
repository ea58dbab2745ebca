package io.tallystick.entry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A kind of event.
 *
 * @param value as it stands in {@code event_type}, for instance {@code auth.login.failed}
 * @param name a constant's name for it, for instance {@code AUTH_LOGIN_FAILED}
 * @param category what it belongs to, for instance {@code auth}
 * @param description a few words for a person; empty for a type that the log does not know
 * @param security whether it is a security event
 */
public record EventType(
    String value, String name, String category, String description, boolean security) {
  /** The first entry of every log. */
  public static final String LOG_CREATED = "audit.log.created";

  private static final Map<String, EventType> KNOWN = new LinkedHashMap<>();

  static {
    known("auth.login.success", "Successful login");
    known("auth.login.failed", "Failed login attempt");
    known("auth.logout", "User logged out");
    known("auth.session.expired", "Session expired");
    known("auth.api_key.used", "API key was used");
    known("user.created", "New user created");
    known("user.updated", "User details updated");
    known("user.deleted", "User deleted");
    known("user.password.changed", "User changed their password");
    known("user.level.changed", "User level/role changed");
    known("user.permission.changed", "User permission changed");
    known("api_key.created", "New API key created");
    known("api_key.revoked", "API key revoked");
    known("credential.created", "Provider credential added");
    known("credential.deleted", "Provider credential removed");
    known("credential.used", "Credential was used");
    known("job.submitted", "Job submitted to queue");
    known("job.cancelled", "Job was cancelled");
    known("job.approved", "Job approval granted");
    known("job.rejected", "Job approval denied");
    known("quota.exceeded", "A quota was exceeded");
    known("quota.changed", "A quota was changed");
    known("config.changed", "Configuration was changed");
    known("provider.configured", "A provider was configured");
    known("security.permission_denied", "A permission was missing");
    known("security.rate_limited", "Requests were limited");
    known("security.suspicious", "Suspicious activity");
    known(LOG_CREATED, "The log was created");
    known("audit.retention.archived", "Old entries were archived");
    known("audit.retention.purged", "Old entries were purged");
    known("audit.hold.placed", "A legal hold was placed");
    known("audit.hold.released", "A legal hold was released");
    known("audit.exported", "Entries were exported");
    known("audit.key.rotated", "The signing key was replaced");
    known("audit.forward.started", "Forwarding to a sink began");
    known("audit.forward.stopped", "Forwarding to a sink ended");
    known("audit.forward.paused", "A sink was paused");
    known("audit.forward.resumed", "A sink was resumed");
    known("audit.forward.disabled", "A sink was disabled after failing for long");
    known("audit.forward.reconciled", "What a receiver holds was compared with the log");
    known("audit.forward.drained", "Dead letters of a sink were sent again");
    known(UnknownType.VALUE, "A type beyond its source's limit; the details have it");
    known("ingest.unmapped", "An event of another system that no mapping fits, as it came");
  }

  private static void known(String value, String description) {
    KNOWN.put(value, make(value, description));
  }

  private static EventType make(String value, String description) {
    int dot = value.indexOf('.');
    return new EventType(
        value,
        value.toUpperCase(java.util.Locale.ROOT).replaceAll("[.:/-]", "_"),
        dot < 0 ? value : value.substring(0, dot),
        description,
        isSecurity(value));
  }

  /** The types that the log knows, in a fixed order. */
  public static List<EventType> known() {
    return List.copyOf(KNOWN.values());
  }

  /** Whether the log knows this type; it accepts every other well-formed one too. */
  public static boolean isKnown(String value) {
    return KNOWN.containsKey(value);
  }

  /** The type with this value, known or made from its words. */
  public static EventType of(String value) {
    EventType known = KNOWN.get(value);
    return known == null ? make(value, "") : known;
  }

  /**
   * Whether only the log itself writes this type, {@code audit} and all of {@code audit.*}: an
   * entry of such a type says what the log did, so no client may send one.
   */
  public static boolean isReserved(String value) {
    return value.equals("audit") || value.startsWith("audit.");
  }

  /** The categories of the known types. */
  public static Set<String> knownCategories() {
    return KNOWN.values().stream().map(EventType::category).collect(Collectors.toSet());
  }

  /**
   * Whether events of this type are security events: failed logins and all of {@code security.*}.
   */
  public static boolean isSecurity(String value) {
    return value.equals("auth.login.failed") || value.startsWith("security.");
  }
}
