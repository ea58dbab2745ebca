package io.tallystick.http.auth;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.tallystick.http.wire.Connections;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Problems;
import io.tallystick.http.wire.RequestEndedException;
import io.tallystick.ingest.receiver.Objection;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.LogView;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Admits a request with a key that has the needed permission, or with the cookie of a session that
 * began with such a key. All others get the same answers: 401 without a valid key, 403 without the
 * permission, 429 after too many of either.
 *
 * <p>A key that sees only a part of the log is refused wherever {@link #openToLimited} does not
 * admit it: what is new is closed to it until somebody opens it.
 */
public final class Authenticator {
  private static final String NO_KEY =
      "This needs a valid key: send it as \"X-API-Key: tally_…\" or as \"Authorization:"
          + " Bearer tally_…\".";

  /** The second is that of senders to Splunk. */
  private static final List<String> SCHEMES = List.of("bearer ", "splunk ");

  private static final String PARTIAL =
      "This is about the whole log, and the key sees only a part of it.";

  private final LogView whole;
  private final AccessKeys keys;
  private final Sessions sessions;
  private final Browsers browsers;
  private final FailureLimiter limiter;
  private final SecurityEvents events;
  private final LimitedKeys limited;

  /**
   * @param whole of which each caller gets the part that its key sees
   */
  public Authenticator(
      LogView whole,
      AccessKeys keys,
      Sessions sessions,
      Browsers browsers,
      FailureLimiter limiter,
      SecurityEvents events,
      LimitedKeys limited) {
    this.whole = whole;
    this.keys = keys;
    this.sessions = sessions;
    this.browsers = browsers;
    this.limiter = limiter;
    this.events = events;
    this.limited = limited;
  }

  /** What is done for an admitted caller. */
  @FunctionalInterface
  public interface Action {
    void handle(Context request, Caller caller) throws Exception;
  }

  /**
   * The action, only for callers with the permission that see the whole log. Records who has its
   * share of a limit.
   */
  public Handler guarded(Permission needed, Action action) {
    return openToLimited(
        needed,
        (request, caller) -> {
          if (!caller.view().isWhole()) {
            throw denied(request, caller, needed + " of the whole log", PARTIAL);
          }
          action.handle(request, caller);
        });
  }

  /**
   * The action, for all callers with the permission. It may tell them nothing of the log but what
   * it asks the caller's view for. A failure tells a caller that sees a part of the log no more
   * than that there was one: it may be about entries of others.
   */
  public Handler openToLimited(Permission needed, Action action) {
    return request -> run(request, caller(request, needed), action);
  }

  private void run(Context request, Caller caller, Action action) throws Exception {
    try {
      action.handle(request, caller);
    } catch (ShareExceededException e) {
      limited.reached(caller, e.limit());
      throw e;
    } catch (RequestEndedException e) {
      throw e;
    } catch (Exception e) {
      throw caller.view().isWhole() ? e : Problems.withoutParticulars(e);
    }
  }

  /**
   * Does something in the name of a key for a sender that has none, but signs what it sends.
   *
   * @param keyName of the key
   * @param objection what is wrong with the signature; {@code null} if nothing is
   * @throws Problem.Thrown with 401 if something is, 429 after too many of those, which is counted
   *     and logged; with 403 if the key can't append
   */
  public void signed(Context request, String keyName, @Nullable Objection objection, Action action)
      throws Exception {
    InetAddress from = browsers.address(request);
    if (objection != null) {
      FailureLimiter.Verdict verdict = limiter.failed(from, null);
      if (verdict.logged()) {
        events.signatureRefused(keyName, objection, from, request.userAgent());
      }
      throw limited(verdict, Problem.of(401, objection.detail())).thrown();
    }
    AccessKey key =
        keys.goodNamed(keyName)
            .filter(good -> good.permissions().contains(Permission.AUDIT_APPEND))
            .orElseThrow(() ->
                Problem.of(
                        403,
                        "The access key in whose name this receiver appends is missing, revoked or"
                            + " expired, or lacks the permission audit.append.")
                    .thrown());
    keys.used(key.id());
    Connections.admit(request.req());
    run(request, caller(key, from, null), action);
  }

  /**
   * Refuses a request to a name that is not this server's, which may come from a page that had its
   * own name resolve to this server's address. A request with a valid key is a program's: no page
   * has one, but any page can send something that is none.
   *
   * @throws Problem.Thrown with 421 if there is no key; as for any other request if the key is not
   *     valid
   */
  public void checkHost(Context request) {
    if (browsers.mayUseHost(request)) {
      return;
    }
    String sent = sentKey(request);
    if (sent == null) {
      throw browsers.misdirected(request).thrown();
    }
    AccessKey _ = check(sent, browsers.address(request), request.userAgent());
  }

  private Caller caller(Context request, Permission needed) {
    Caller caller = caller(request);
    require(request, caller, needed, "This needs a key with the permission " + needed + ".");
    Connections.admit(request.req());
    return caller;
  }

  /**
   * Refuses a caller whose key lacks a permission; that is counted and logged.
   *
   * @param detail of the answer
   * @throws Problem.Thrown with 403 if the key lacks it, 429 after too many such attempts
   */
  public void require(Context request, Caller caller, Permission needed, String detail) {
    if (!caller.key().permissions().contains(needed)) {
      throw denied(request, caller, needed.toString(), detail);
    }
  }

  /**
   * Whoever signs in on the page with this key.
   *
   * @throws Problem.Thrown with 401 if the key is not valid, 403 if it has no {@code admin.*}
   *     permission, 429 after too many such attempts; that is counted and logged
   */
  public Caller checkForPage(Context request, String sent, InetAddress from) {
    Caller caller = caller(check(sent, from, request.userAgent()), from, null);
    if (caller.key().permissions().stream().noneMatch(Permission::isAdmin)) {
      throw denied(
          request,
          caller,
          "admin.*",
          "Signing in needs a key with an admin permission: "
              + Permission.adminNames()
              + ". This key has only audit.append: programs send it with the events.");
    }
    return caller;
  }

  private Problem.Thrown denied(Context request, Caller caller, String needed, String detail) {
    AccessKey key = caller.key();
    InetAddress from = caller.address();
    FailureLimiter.Verdict verdict = limiter.failed(from, key.id());
    if (verdict.logged()) {
      events.permissionDenied(key, needed, from, request.userAgent(), request.method().name());
    }
    return limited(verdict, Problem.of(403, detail)).thrown();
  }

  private Caller caller(Context request) {
    InetAddress from = browsers.address(request);
    String sent = sentKey(request);
    if (sent != null) {
      return caller(check(sent, from, request.userAgent()), from, null);
    }
    Session session = session(request).orElseThrow(() -> unauthorized().thrown());
    browsers.checkChange(request, session);
    AccessKey key = keys.good(session.key().id()).orElseThrow(() -> unauthorized().thrown());
    keys.used(key.id());
    return caller(key, from, session);
  }

  private Caller caller(AccessKey key, InetAddress from, @Nullable Session session) {
    return new Caller(key, whole.within(key.only()), from, session);
  }

  /**
   * The session of the request's cookie, if it goes on.
   *
   * @throws Problem.Thrown with 403 if another site's page sent the request
   */
  public Optional<Session> session(Context request) {
    String token = browsers.token(request);
    if (token == null) {
      return Optional.empty();
    }
    browsers.checkSite(request);
    boolean use = request.header(Browsers.BACKGROUND) == null;
    return sessions.find(token, use);
  }

  /**
   * The key with this text, if it is valid.
   *
   * @throws Problem.Thrown if it is not; that is counted and logged
   */
  private AccessKey check(String sent, InetAddress from, @Nullable String userAgent) {
    return switch (keys.check(sent)) {
      case AccessKeys.Check.Accepted(AccessKey key) -> key;
      case AccessKeys.Check.Refused refused -> {
        AccessKey known = refused.key();
        FailureLimiter.Verdict verdict = limiter.failed(from, known == null ? null : known.id());
        if (verdict.logged()) {
          events.loginFailed(refused, from, userAgent);
        }
        throw limited(verdict, unauthorized()).thrown();
      }
    };
  }

  /** Whether the caller of a long request is still admitted. Does not count as use. */
  public boolean isStillGood(Caller caller) {
    return whyRefused(caller) == null;
  }

  /**
   * Refuses the caller of a long request that is not admitted any more.
   *
   * @throws RequestEndedException with 401 if the key or the session has ended
   */
  public void checkStillGood(Caller caller) {
    String why = whyRefused(caller);
    if (why != null) {
      throw new RequestEndedException(unauthorized(), why);
    }
  }

  private @Nullable String whyRefused(Caller caller) {
    if (keys.good(caller.key().id()).isEmpty()) {
      return "key revoked or expired";
    }
    Session session = caller.session();
    return session == null || sessions.isAlive(session) ? null : "session ended";
  }

  /** The answer to a failed attempt: this one, or that there were too many. */
  private static Problem limited(FailureLimiter.Verdict verdict, Problem otherwise) {
    if (!verdict.limited()) {
      return otherwise;
    }
    long seconds = verdict.retryAfter().toSeconds() + 1;
    return Problem.of(
            429,
            "Too many attempts from your address failed; try again in " + seconds + " seconds.")
        .with("Retry-After", Long.toString(seconds));
  }

  static Problem unauthorized() {
    return Problem.of(401, NO_KEY).with("WWW-Authenticate", "Bearer realm=\"tallystick\"");
  }

  /** The key that a program sent in a header; {@code null} if there is none. */
  private static @Nullable String sentKey(Context request) {
    String key = request.header("X-API-Key");
    if (key != null) {
      return key.strip();
    }
    String authorization = request.header("Authorization");
    String lower = authorization == null ? "" : authorization.toLowerCase(Locale.ROOT);
    return authorization != null && SCHEMES.stream().anyMatch(lower::startsWith)
        ? authorization.substring(authorization.indexOf(' ')).strip()
        : null;
  }
}
