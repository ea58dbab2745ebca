package io.tallystick.http;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.net.InetAddress;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Lets those in who show a key with the permission that is needed, and says the same to all others:
 * 401 without a good key, 403 without the permission, 429 after too many of either.
 */
final class Authenticator {
  private static final String NO_KEY =
      "This needs a key that is good: send it as \"X-API-Key: tally_…\" or as \"Authorization:"
          + " Bearer tally_…\".";

  private final AccessKeys keys;
  private final FailureLimiter limiter;
  private final SecurityEvents events;
  private final List<Cidr> trustedProxies;

  Authenticator(
      AccessKeys keys, FailureLimiter limiter, SecurityEvents events, List<Cidr> trustedProxies) {
    this.keys = keys;
    this.limiter = limiter;
    this.events = events;
    this.trustedProxies = trustedProxies;
  }

  /** Who asks. */
  record Caller(AccessKey key, InetAddress address) {}

  /** What is done for a caller who may. */
  @FunctionalInterface
  interface Action {
    void handle(Context request, Caller caller) throws Exception;
  }

  /** The action, for those only who have the permission. */
  Handler guarded(Permission needed, Action action) {
    return request -> action.handle(request, caller(request, needed));
  }

  private Caller caller(Context request, Permission needed) {
    InetAddress from =
        ClientAddress.of(
            ClientAddress.parse(request.req().getRemoteAddr()),
            Collections.list(request.req().getHeaders("X-Forwarded-For")),
            trustedProxies);
    String shown = shownKey(request);
    if (shown == null) {
      throw unauthorized().thrown();
    }
    return switch (keys.check(shown)) {
      case AccessKeys.Check.Accepted(AccessKey key) when key.permissions().contains(needed) ->
          new Caller(key, from);
      case AccessKeys.Check.Accepted(AccessKey key) -> {
        count(from);
        events.permissionDenied(key, needed, from, request.userAgent(), request.method().name());
        throw Problem.of(403, "This needs a key with the permission " + needed + ".").thrown();
      }
      case AccessKeys.Check.Refused refused -> {
        count(from);
        events.loginFailed(refused, from, request.userAgent());
        throw unauthorized().thrown();
      }
    };
  }

  private void count(InetAddress from) {
    FailureLimiter.Verdict verdict = limiter.failed(from);
    if (verdict.limited()) {
      long seconds = verdict.retryAfter().toSeconds() + 1;
      throw Problem.of(
              429,
              "Too many attempts from your address failed; try again in " + seconds + " seconds.")
          .with("Retry-After", Long.toString(seconds))
          .thrown();
    }
  }

  private static Problem unauthorized() {
    return Problem.of(401, NO_KEY).with("WWW-Authenticate", "Bearer realm=\"tallystick\"");
  }

  private static @Nullable String shownKey(Context request) {
    String key = request.header("X-API-Key");
    if (key != null) {
      return key.strip();
    }
    String authorization = request.header("Authorization");
    return authorization != null && authorization.toLowerCase(Locale.ROOT).startsWith("bearer ")
        ? authorization.substring("bearer ".length()).strip()
        : null;
  }
}
