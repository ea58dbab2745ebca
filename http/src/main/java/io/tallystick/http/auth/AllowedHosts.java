package io.tallystick.http.auth;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names by which browsers may reach this server. A page of another site can have its own name
 * resolve to this server's address (DNS rebinding), and is then of the server's origin to a
 * browser. Its requests still carry its name in {@code Host}.
 *
 * <p>IP addresses and {@code localhost} are always allowed: no DNS server answers for them. Of
 * other names, those that were given are allowed. Without any, a server on loopback allows the name
 * it listens on, and any other server allows all: what they are called is not known here.
 * Immutable.
 */
public final class AllowedHosts {
  private static final String ANY = "*";

  private final Set<String> names = new HashSet<>();
  private final boolean given;

  /**
   * @param given names without a port, or {@code *} for any; empty for the defaults
   * @param host that the server listens on
   * @param loopback whether only this machine reaches that
   */
  public AllowedHosts(List<String> given, String host, boolean loopback) {
    this.given = !given.isEmpty();
    given.forEach(name -> names.add(normal(name)));
    if (!this.given) {
      names.add(loopback ? normal(host) : ANY);
    }
  }

  /** Whether names were given, so that a proxy is no reason to allow others. */
  boolean areGiven() {
    return given;
  }

  /**
   * Whether a browser may reach this server so.
   *
   * @param authority as in {@code Host}; no browser leaves it out
   */
  boolean allow(@Nullable String authority) {
    if (authority == null || names.contains(ANY)) {
      return true;
    }
    String name = normal(withoutPort(authority));
    return name.equals("localhost")
        || name.endsWith(".localhost")
        || names.contains(name)
        || isAddress(name);
  }

  private static String withoutPort(String authority) {
    int bracket = authority.lastIndexOf(']');
    int colon = authority.indexOf(':', bracket + 1);
    return colon < 0 ? authority : authority.substring(0, colon);
  }

  private static String normal(String name) {
    String lower = name.strip().toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  private static boolean isAddress(String name) {
    boolean brackets = name.startsWith("[") && name.endsWith("]");
    try {
      InetAddress _ = InetAddress.ofLiteral(brackets ? name.substring(1, name.length() - 1) : name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
