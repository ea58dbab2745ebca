package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Event;
import io.tallystick.http.auth.SessionLimits;
import io.tallystick.index.AddressRange;
import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions over plain HTTP: cookie, CSRF token, origin, time-outs, and what the log says of it. */
class SessionApiTest {
  private static final String NEW_KEY = "{\"name\":\"other\",\"permissions\":[\"admin.audit\"]}";

  @TempDir Path data;

  private TestServer server;
  private String key;

  @BeforeEach
  void start() throws Exception {
    start(SessionLimits.defaults(), List.of());
  }

  private void start(SessionLimits sessions, List<AddressRange> proxies) throws Exception {
    server =
        TestServer.start(
            data,
            ServerConfig.builder()
                .port(0)
                .trustedProxies(proxies)
                .allowedHosts(proxies.isEmpty() ? TestServer.HOSTS : List.of())
                .limits(TestServer.LIMITS)
                .sessions(sessions)
                .build());
    key = server.key("page-" + System.nanoTime(), Permission.ADMIN_AUDIT, Permission.ADMIN_KEYS);
  }

  private void restart(SessionLimits sessions, List<AddressRange> proxies) throws Exception {
    server.close();
    start(sessions, proxies);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private String origin() {
    return "http://127.0.0.1:" + server.server.port();
  }

  private HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(server.uri(path));
  }

  private HttpRequest.Builder signIn(String body) {
    return to("/api/session")
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  /** Signs in, waits until the log says so, and gives the answer. */
  private HttpResponse<String> signIn() throws Exception {
    long before = server.log.lastId();
    HttpResponse<String> answer =
        server.send(signIn("{\"key\":\"" + key + "\"}").header("Origin", origin()));
    server.log.reader().awaitBeyond(before, Duration.ofSeconds(5));
    return answer;
  }

  private static String cookie(HttpResponse<?> answer) {
    return answer.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
  }

  private static String csrf(HttpResponse<String> answer) throws Exception {
    return TestServer.JSON.readTree(answer.body()).get("csrf_token").asText();
  }

  private HttpResponse<String> get(String path, String cookie) throws Exception {
    return server.send(to(path).header("Cookie", cookie));
  }

  private void assertLogged(long after, String... types) throws Exception {
    server.log.reader().awaitBeyond(after + types.length - 1, Duration.ofSeconds(5));
    assertThat(server.typesFrom(after + 1)).containsExactly(types);
  }

  @Test
  void signingInGivesACookieThatReadsAndSaysWho() throws Exception {
    long before = server.log.lastId();
    HttpResponse<String> answer = signIn();
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow())
        .matches("tally-session=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict");
    JsonNode session = TestServer.JSON.readTree(answer.body());
    assertThat(session.at("/key/permissions")).hasSize(2);
    assertThat(answer.body()).doesNotContain(key.substring(key.lastIndexOf('_') + 1));
    assertLogged(before, "auth.login.success");
    Event event = server.entry(before + 1).decode().event();
    assertThat(event.actorUsername()).isEqualTo(session.at("/key/name").asText());
    assertThat(event.actorIp()).isEqualTo("127.0.0.1");
    assertThat(get("/api/audit", cookie(answer)).statusCode()).isEqualTo(200);
    HttpResponse<String> again = get("/api/session", cookie(answer));
    assertThat(TestServer.JSON.readTree(again.body())).isEqualTo(session);
  }

  @Test
  void whatIsNoSignInIsRefusedAndLoggedWhereItIsAnAttempt() throws Exception {
    long before = server.log.lastId();
    String good = "{\"key\":\"" + key + "\"}";
    assertThat(server.send(signIn(good)).statusCode()).isEqualTo(403);
    for (String from : List.of("null", "http://evil.example", "https://127.0.0.1", "")) {
      assertThat(server.send(signIn(good).header("Origin", from)).statusCode()).isEqualTo(403);
    }
    for (String body : List.of("", "nonsense", "[]", "{}", "{\"key\":7}")) {
      HttpResponse<String> answer = server.send(signIn(body).header("Origin", origin()));
      assertThat(answer.statusCode()).as(body).isEqualTo(422);
    }
    for (String type :
        List.of("text/plain", "application/jsonp", "application/json; charset=utf-16")) {
      HttpRequest.Builder form =
          to("/api/session")
              .header("Origin", origin())
              .header("Content-Type", type)
              .POST(HttpRequest.BodyPublishers.ofString(good));
      assertThat(server.send(form).statusCode()).as(type).isEqualTo(415);
    }
    assertThat(server.log.lastId()).isEqualTo(before);
    HttpResponse<String> wrong =
        server.send(signIn("{\"key\":\"tally_x\"}").header("Origin", origin()));
    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(wrong.headers().firstValue("Set-Cookie")).isEmpty();
    assertLogged(before, "auth.login.failed");
  }

  @Test
  void hostsThatAreNoNamesAreComparedToo() throws Exception {
    String body = "{\"key\":\"" + key + "\"}";
    for (String origin : List.of("http://a_b", "http://A_B:80", "http://c_d", "http://a_b:81")) {
      String answer =
          Wire.exchange(
              server,
              "POST /api/session HTTP/1.1\r\nHost: a_b\r\nConnection: close\r\nOrigin: "
                  + origin
                  + "\r\nContent-Type: application/json\r\nContent-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body);
      boolean own = origin.toLowerCase(Locale.ROOT).matches("http://a_b(:80)?");
      assertThat(Wire.statuses(answer)).as(origin).containsExactly(own ? 200 : 403);
    }
  }

  @Test
  void changesNeedTheCsrfTokenAndTheOrigin() throws Exception {
    HttpResponse<String> signedIn = signIn();
    String cookie = cookie(signedIn);
    HttpRequest.Builder bare =
        to("/api/audit/keys")
            .header("Cookie", cookie)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(NEW_KEY));
    String csrf = csrf(signedIn);
    assertThat(server.send(bare.copy()).statusCode()).isEqualTo(403);
    assertThat(server.send(bare.copy().header("Origin", origin())).statusCode()).isEqualTo(403);
    assertThat(server.send(bare.copy().header("X-CSRF-Token", csrf)).statusCode()).isEqualTo(403);
    HttpRequest.Builder foreign =
        bare.copy().header("Origin", "http://evil.example").header("X-CSRF-Token", csrf);
    assertThat(server.send(foreign).statusCode()).isEqualTo(403);
    HttpRequest.Builder others =
        bare.copy().header("Origin", origin()).header("X-CSRF-Token", csrf(signIn()));
    assertThat(server.send(others).statusCode()).isEqualTo(403);
    HttpRequest.Builder whole = bare.copy().header("Origin", origin()).header("X-CSRF-Token", csrf);
    assertThat(server.send(whole).statusCode()).isEqualTo(201);
    HttpRequest.Builder end = to("/api/session").header("Cookie", cookie).DELETE();
    assertThat(server.send(end).statusCode()).isEqualTo(403);
    assertThat(get("/api/audit", cookie).statusCode()).isEqualTo(200);
  }

  @Test
  void anotherPortsPageReadsAndStartsNothingWithTheCookie() throws Exception {
    String cookie = cookie(signIn());
    long before = server.log.lastId();
    for (String path :
        List.of(
            "/api/audit?limit=1",
            "/api/audit/export?format=csv",
            "/api/audit/verify",
            "/api/audit/checkpoints/newest",
            "/api/audit/live",
            "/api/session")) {
      for (String site : List.of("same-site", "cross-site", "", "Same-Origin", "none, none")) {
        HttpResponse<String> answer =
            server.send(to(path).header("Cookie", cookie).header("Sec-Fetch-Site", site));
        assertThat(answer.statusCode()).as(path + " " + site).isEqualTo(403);
        assertThat(answer.body()).contains("Sec-Fetch-Site must be same-origin or none");
      }
    }
    for (String site : List.of("same-origin", "none")) {
      HttpResponse<String> own =
          server.send(
              to("/api/audit?limit=1").header("Cookie", cookie).header("Sec-Fetch-Site", site));
      assertThat(own.statusCode()).as(site).isEqualTo(200);
    }
    HttpRequest.Builder byKey =
        server.request("/api/audit?limit=1", key).header("Sec-Fetch-Site", "cross-site");
    assertThat(server.send(byKey).statusCode()).as("a key is no cookie").isEqualTo(200);
    assertThat(server.log.lastId()).as("no export was recorded").isEqualTo(before);
  }

  @Test
  void signingOutEndsTheSessionForGood() throws Exception {
    HttpResponse<String> signedIn = signIn();
    long before = server.log.lastId();
    HttpResponse<String> out =
        server.send(
            to("/api/session")
                .header("Cookie", cookie(signedIn))
                .header("Origin", origin())
                .header("X-CSRF-Token", csrf(signedIn))
                .DELETE());
    assertThat(out.statusCode()).isEqualTo(204);
    assertThat(out.headers().firstValue("Set-Cookie").orElseThrow())
        .startsWith("tally-session=;")
        .endsWith("Max-Age=0");
    assertThat(get("/api/audit", cookie(signedIn)).statusCode()).isEqualTo(401);
    assertThat(get("/api/session", cookie(signedIn)).statusCode()).isEqualTo(401);
    assertLogged(before, "auth.logout");
  }

  @Test
  void signingInAnewEndsTheSessionBeforeIt() throws Exception {
    String old = cookie(signIn());
    long before = server.log.lastId();
    HttpResponse<String> anew =
        server.send(
            signIn("{\"key\":\"" + key + "\"}").header("Origin", origin()).header("Cookie", old));
    assertThat(cookie(anew)).isNotEqualTo(old);
    assertThat(get("/api/audit", old).statusCode()).isEqualTo(401);
    assertLogged(before, "auth.logout", "auth.login.success");
  }

  @Test
  void idleAndOldSessionsEndAndTheLogSaysSo() throws Exception {
    restart(new SessionLimits(Duration.ofMillis(400), Duration.ofHours(1), 9), List.of());
    String idle = cookie(signIn());
    long before = server.log.lastId();
    assertThat(get("/api/audit", idle).statusCode()).isEqualTo(200);
    Thread.sleep(500);
    assertThat(get("/api/audit", idle).statusCode()).isEqualTo(401);
    assertLogged(before, "auth.session.expired");
    assertThat(String.valueOf(server.entry(before + 1).decode().event().details()))
        .contains("idle");

    restart(new SessionLimits(Duration.ofHours(1), Duration.ofMillis(400), 9), List.of());
    String old = cookie(signIn());
    Thread.sleep(500);
    assertThat(get("/api/session", old).statusCode()).isEqualTo(401);
  }

  @Test
  void behindATrustedProxyWithTlsTheCookieIsBoundToItsHost() throws Exception {
    HttpRequest.Builder request =
        signIn("{\"key\":\"" + key + "\"}")
            .header("Origin", "https://audit.example")
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", "audit.example");
    assertThat(server.send(request).statusCode()).as("a stranger's headers").isEqualTo(403);
    restart(SessionLimits.defaults(), List.of(AddressRange.parse("127.0.0.1")));
    HttpResponse<String> answer =
        server.send(
            signIn("{\"key\":\"" + key + "\"}")
                .header("Origin", "https://audit.example")
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-Host", "audit.example"));
    assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow())
        .matches("__Host-tally-session=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Secure");
    HttpRequest.Builder read =
        to("/api/audit").header("Cookie", cookie(answer)).header("X-Forwarded-Proto", "https");
    assertThat(server.send(read).statusCode()).isEqualTo(200);
  }

  @Test
  void theServersEndIsTheEndOfItsSessions() throws Exception {
    signIn();
    long before = server.log.lastId();
    server.server.close();
    assertLogged(before, "auth.session.expired");
  }
}
