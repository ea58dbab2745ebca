package io.tallystick.http.auth;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.http.wire.Problem;
import io.tallystick.index.AddressRange;
import io.tallystick.tlog.Quoted;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What only requests from browsers have: a cookie, an origin and a CSRF token. Also finds out where
 * a request comes from and whether it came over TLS; a proxy's headers count only if it is trusted.
 */
public final class Browsers {
  /**
   * The page sets it on requests of its own accord, so that a forgotten tab keeps no session alive.
   */
  static final String BACKGROUND = "X-Tally-Background";

  private static final String CSRF = "X-CSRF-Token";
  private static final String COOKIE = "tally-session";
  private static final Set<HandlerType> SAFE = Set.of(HandlerType.GET, HandlerType.HEAD);

  private static final Set<String> OWN_SITE = Set.of("same-origin", "none");

  private final List<AddressRange> trustedProxies;
  private final AllowedHosts hosts;
  private final String basePath;

  /**
   * @param trustedProxies whose {@code X-Forwarded-} headers count
   * @param hosts names by which browsers may reach this server
   * @param basePath that cookies are sent to; empty for the root
   */
  public Browsers(List<AddressRange> trustedProxies, AllowedHosts hosts, String basePath) {
    this.trustedProxies = trustedProxies;
    this.hosts = hosts;
    this.basePath = basePath;
  }

  /** Where the request comes from. */
  public InetAddress address(Context request) {
    return ClientAddress.of(
        peer(request),
        Collections.list(request.req().getHeaders("X-Forwarded-For")),
        trustedProxies);
  }

  private static InetAddress peer(Context request) {
    return ClientAddress.parse(request.req().getRemoteAddr());
  }

  /** The session's token, if the browser sent one. */
  public @Nullable String token(Context request) {
    return request.cookie(cookieName(request));
  }

  /** Tells the browser to keep this token until it is closed. */
  public void keep(Context request, String token) {
    request.res().addHeader("Set-Cookie", cookie(request, token));
  }

  /** Tells the browser to forget its token. */
  public void forget(Context request) {
    request.res().addHeader("Set-Cookie", cookie(request, "") + "; Max-Age=0");
  }

  private String cookie(Context request, String token) {
    return cookieName(request)
        + "="
        + token
        + "; Path="
        + (basePath.isEmpty() ? "/" : basePath)
        + "; HttpOnly; SameSite=Strict"
        + (isSecure(request) ? "; Secure" : "");
  }

  /** Browsers take {@code __Host-} only with the path "/" (RFC 6265bis, 4.1.3.2). */
  private String cookieName(Context request) {
    String prefix = basePath.isEmpty() ? "__Host-" : "__Secure-";
    return isSecure(request) ? prefix + COOKIE : COOKIE;
  }

  private boolean isSecure(Context request) {
    return request.req().isSecure() || "https".equalsIgnoreCase(forwarded(request, "Proto"));
  }

  private boolean isProxied(Context request) {
    InetAddress peer = peer(request);
    return trustedProxies.stream().anyMatch(range -> range.contains(peer));
  }

  private @Nullable String forwarded(Context request, String what) {
    return isProxied(request) ? request.header("X-Forwarded-" + what) : null;
  }

  /** How the browser addressed this server, or the proxy in front of it. */
  private @Nullable String authority(Context request) {
    String host = forwarded(request, "Host");
    return host == null ? request.header("Host") : host;
  }

  /** Whether a browser may use the name that the request is addressed to. */
  boolean mayUseHost(Context request) {
    return hosts.allow(authority(request)) || (isProxied(request) && !hosts.areGiven());
  }

  /** The answer to a browser that used another name. */
  Problem misdirected(Context request) {
    return Problem.of(
        421,
        "This server does not answer browsers under the name "
            + Quoted.of(authority(request))
            + ". Use an IP address or localhost, or add the name with --allowed-hosts.");
  }

  /**
   * Refuses a request that a page of another origin had the browser send. The cookie comes along
   * from other ports of this host, for those are of the same site. Browsers say nothing about the
   * sender over plain HTTP to a host other than loopback.
   *
   * @throws Problem.Thrown with 403 if {@code Sec-Fetch-Site} is another than same-origin and none
   */
  void checkSite(Context request) {
    String site = request.header("Sec-Fetch-Site");
    if (site != null && !OWN_SITE.contains(site)) {
      throw Problem.of(
              403,
              "Request of another origin refused: Sec-Fetch-Site must be same-origin or none with a"
                  + " session, but was "
                  + Quoted.of(site)
                  + ". Programs send a key instead; a link from elsewhere can lead to the page.")
          .thrown();
    }
  }

  /**
   * Refuses a request that did not come from this server's own page.
   *
   * @throws Problem.Thrown with 403 if its Origin is another, or absent
   */
  public void checkOrigin(Context request) {
    String authority = authority(request);
    String expected = (isSecure(request) ? "https://" : "http://") + authority;
    String origin = request.header("Origin");
    if (origin == null || authority == null || !normal(origin).equals(normal(expected))) {
      throw Problem.of(
              403,
              "Cross-origin request refused: Origin is "
                  + (origin == null ? "absent" : Quoted.of(origin))
                  + ", this server is "
                  + Quoted.of(expected)
                  + ". Behind a proxy, set --trusted-proxy.")
          .thrown();
    }
  }

  /** The origin in lower case, without its scheme's own port. */
  private static String normal(String origin) {
    String lower = origin.toLowerCase(Locale.ROOT);
    String ownPort = lower.startsWith("https:") ? ":443" : ":80";
    return lower.endsWith(ownPort) ? lower.substring(0, lower.length() - ownPort.length()) : lower;
  }

  /**
   * Refuses a request that would change something and did not come from the session's own page.
   *
   * @throws Problem.Thrown with 403 if its origin or its CSRF token is another
   */
  public void checkChange(Context request, Session session) {
    if (SAFE.contains(request.method())) {
      return;
    }
    checkOrigin(request);
    String sent = request.header(CSRF);
    if (sent == null
        || !MessageDigest.isEqual(
            sent.getBytes(StandardCharsets.UTF_8),
            session.csrfToken().getBytes(StandardCharsets.UTF_8))) {
      throw Problem.of(
              403, "The header " + CSRF + " must be that of the session; load the page again.")
          .thrown();
    }
  }
}
