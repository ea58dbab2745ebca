package io.tallystick.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;

/**
 * Signing in and out on the page: {@code /api/session}. Signing in shows a key once and leaves a
 * cookie that no script reads; the answer has the CSRF token that changes must repeat.
 */
final class SessionApi {
  private static final String PATH = "/api/session";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Authenticator guard;
  private final Sessions sessions;
  private final Browsers browsers;
  private final SecurityEvents events;
  private final Bodies bodies;

  SessionApi(
      Authenticator guard,
      Sessions sessions,
      Browsers browsers,
      SecurityEvents events,
      Bodies bodies) {
    this.guard = guard;
    this.sessions = sessions;
    this.browsers = browsers;
    this.events = events;
    this.bodies = bodies;
  }

  void register(RoutesConfig routes) {
    routes.post(PATH, this::signIn);
    routes.get(PATH, this::current);
    routes.delete(PATH, this::signOut);
  }

  private void signIn(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    browsers.checkOrigin(request);
    String type = request.header("Content-Type");
    if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw Problem.of(415, "Taken is Content-Type: application/json.").thrown();
    }
    String shown = key(request);
    InetAddress from = browsers.address(request);
    AccessKey key = guard.check(shown, from, request.userAgent());
    endOld(request, from);
    Sessions.Begun begun = sessions.begin(key, from);
    events.signedIn(key, from, request.userAgent());
    browsers.keep(request, begun.token());
    answer(request, begun.session());
  }

  private String key(Context request) {
    try (Bodies.Body body = bodies.read(request)) {
      JsonNode given = JSON.readTree(body.bytes());
      JsonNode key = given.get("key");
      if (given.isObject() && key != null && key.isTextual()) {
        return key.textValue().strip();
      }
    } catch (JacksonException e) {
      // Refused below, like every other body that has no key.
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
    throw Problem.invalid(null, "key", "key is missing; taken is an object with it").thrown();
  }

  /** Whoever signs in anew has left the session before it. */
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
    return Problem.of(401, "Nobody is signed in here; sign in with a key.")
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
    request.contentType(Answers.JSON);
    try (JsonGenerator out = EntryJson.generator(request.outputStream())) {
      out.writeStartObject();
      out.writeStringField("csrf_token", session.csrfToken());
      out.writeStringField("expires_at", session.expiresAt().toString());
      out.writeNumberField("idle_seconds", sessions.idle().toSeconds());
      out.writeObjectFieldStart("key");
      session.key().writeFields(out);
      out.writeEndObject();
      out.writeEndObject();
    }
  }
}
