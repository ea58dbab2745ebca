package io.tallystick.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Browsers;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.auth.LimitedKeys;
import io.tallystick.http.auth.SecurityEvents;
import io.tallystick.http.auth.Session;
import io.tallystick.http.auth.Sessions;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.Limit;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.query.Parameters;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/**
 * Signing in and out on the page: {@code /api/session}. Signing in sends a key once and sets a
 * cookie that no script can read; the answer has the CSRF token that changes must repeat.
 */
public final class SessionApi {
  private static final String PATH = "/api/session";

  private final Authenticator guard;
  private final Sessions sessions;
  private final Browsers browsers;
  private final SecurityEvents events;
  private final LimitedKeys limited;
  private final JsonObjects objects;

  public SessionApi(
      Authenticator guard,
      Sessions sessions,
      Browsers browsers,
      SecurityEvents events,
      LimitedKeys limited,
      JsonObjects objects) {
    this.guard = guard;
    this.sessions = sessions;
    this.browsers = browsers;
    this.events = events;
    this.limited = limited;
    this.objects = objects;
  }

  public void register(RoutesConfig routes) {
    routes.post(PATH, this::signIn);
    Routes.get(routes, PATH, this::current);
    routes.delete(PATH, this::signOut);
  }

  private void signIn(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    browsers.checkOrigin(request);
    String sent = key(request);
    InetAddress from = browsers.address(request);
    Caller caller = guard.checkForPage(request, sent, from);
    endOld(request, from);
    Sessions.Begun begun = begin(caller);
    events.signedIn(caller.key(), from, request.userAgent());
    browsers.keep(request, begun.token());
    answer(request, begun.session());
  }

  private Sessions.Begun begin(Caller caller) {
    try {
      Sessions.Begun begun = sessions.begin(caller.key(), caller.address());
      if (begun.replaced() != null) {
        limited.reached(caller, Limit.SESSIONS);
      }
      return begun;
    } catch (ShareExceededException e) {
      limited.reached(caller, e.limit());
      throw e;
    }
  }

  private String key(Context request) {
    JsonNode key = objects.read(request, List.of("key")).path("key");
    if (!key.isTextual()) {
      throw JsonObjects.invalid("key", "key must be an API key as a string");
    }
    return key.textValue().strip();
  }

  /** A new sign-in ends the browser's earlier session. */
  private void endOld(Context request, InetAddress from) {
    String token = browsers.token(request);
    if (token != null) {
      sessions.end(token).ifPresent(old -> events.signedOut(old, from, request.userAgent()));
    }
  }

  private void current(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    answer(request, guard.session(request).orElseThrow(() -> noSession(request)));
  }

  private Problem.Thrown noSession(Context request) {
    if (browsers.token(request) != null) {
      browsers.forget(request);
    }
    return Problem.of(401, "Nobody is signed in; sign in with a key.")
        .with("WWW-Authenticate", "Bearer realm=\"tallystick\"")
        .thrown();
  }

  private void signOut(Context request) {
    Parameters.ofQuery(request.queryString()).only(List.of());
    guard
        .session(request)
        .ifPresent(session -> {
          browsers.checkChange(request, session);
          endOld(request, browsers.address(request));
        });
    browsers.forget(request);
    request.status(204);
  }

  private void answer(Context request, Session session) throws IOException {
    JsonObjects.answer(
        request,
        new SessionInfo(
            session.csrfToken(),
            session.expiresAt(),
            sessions.idle().toSeconds(),
            KeyInfo.of(session.key())));
  }
}
