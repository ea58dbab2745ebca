package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.http.auth.SessionLimits;
import io.tallystick.service.access.Permission;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Cookie;

/** Signing in and out on the page. */
class PageSignInIT {
  @TempDir Path data;

  @Test
  void signingInAndOutLeavesItsTracesInTheLogAndNoneInTheBrowser() throws Exception {
    try (TestServer server = TestServer.start(data);
        Browser browser = Browser.start(server.server.port(), data)) {
      String key = server.key("reader", Permission.ADMIN_AUDIT);
      long lastId = server.log.lastId();
      browser.open("/?security=true");
      browser.type("input[name=key]", "tally_nonsense");
      browser.click("button[type=submit]");
      browser.awaitText(".notice.is-bad", "unknown, revoked or expired");
      browser.type("input[name=key]", key);
      browser.click("button[type=submit]");
      browser.find("#sign-out");
      assertThat(browser.driver.getCurrentUrl()).endsWith("/?security=true");
      browser.find("tr[data-id]");

      Cookie cookie =
          Objects.requireNonNull(browser.driver.manage().getCookieNamed("tally-session"));
      assertThat(cookie.isHttpOnly()).isTrue();
      assertThat(cookie.getSameSite()).isEqualTo("Strict");
      assertThat(cookie.getValue()).doesNotContain("tally_");
      assertThat(browser.script("return document.cookie")).isEqualTo("");
      assertThat(
              String.valueOf(
                  browser.script("return JSON.stringify([localStorage, sessionStorage])")))
          .doesNotContain(key.substring(key.lastIndexOf('_')), cookie.getValue());
      assertThat(browser.all("nav a")).hasSize(4);
      browser.open("/keys");
      browser.awaitText(".empty", "Your key may not see this view");

      browser.click("#sign-out");
      browser.find("input[name=key]");
      assertThat(browser.driver.manage().getCookieNamed("tally-session")).isNull();
      server.log.reader().awaitBeyond(lastId + 2, Duration.ofSeconds(5));
      assertThat(server.typesFrom(lastId + 1))
          .containsExactly("auth.login.failed", "auth.login.success", "auth.logout");
      assertThat(server.entry(lastId + 2).decode().event().actorUsername()).isEqualTo("reader");
      browser.open("/");
      browser.find("input[name=key]");
      browser.assertQuiet();
    }
  }

  @Test
  void aSessionThatEndsInMidUseAsksAgainAndGoesOnWhereItWas() throws Exception {
    try (TestServer server = TestServer.start(data);
        Browser browser = Browser.start(server.server.port(), data)) {
      String key = server.key("first", Permission.ADMIN_AUDIT);
      Events.append(server.log, Events.ordinary(20));
      browser.signIn("/?actor_username=ada", key);
      browser.find("tr[data-id]");
      server.keys.revoke(key.split("_", -1)[1]);
      browser.awaitText(".notice", "Your session ended");
      assertThat(browser.all("tr[data-id]")).isEmpty();
      browser.type("input[name=key]", server.key("second", Permission.ADMIN_AUDIT));
      browser.click("button[type=submit]");
      browser.find("tr[data-id]");
      assertThat(browser.driver.getCurrentUrl()).endsWith("/?actor_username=ada");
    }
  }

  @Test
  void whatAKeyMayNotSeeIsNotOffered() throws Exception {
    try (TestServer server = TestServer.start(data);
        Browser browser = Browser.start(server.server.port(), data)) {
      Map<Permission, List<String>> views =
          Map.of(
              Permission.ADMIN_AUDIT, List.of("Entries", "Overview", "Verify", "Checkpoints"),
              Permission.ADMIN_KEYS, List.of("Keys"),
              Permission.ADMIN_RETENTION, List.of("Retention"));
      for (Map.Entry<Permission, List<String>> view : views.entrySet()) {
        browser.signIn("/", server.key(view.getKey()));
        String first = view.getValue().getFirst();
        browser.await(first, () -> browser.text("nav [aria-current]").equals(first));
        assertThat(browser.text("nav").lines()).containsExactlyElementsOf(view.getValue());
        browser.click("#sign-out");
        browser.find("input[name=key]");
      }
      browser.type("input[name=key]", server.key(Permission.AUDIT_APPEND));
      browser.click("button[type=submit]");
      browser.awaitText(".notice.is-bad", "This key has only audit.append");
      assertThat(browser.all("#sign-out")).isEmpty();
    }
  }

  @Test
  void anIdleSessionEndsThoughItsPageListens() throws Exception {
    ServerConfig plain = TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults());
    ServerConfig config =
        ServerConfig.builder()
            .host(plain.host())
            .port(0)
            .limits(plain.limits())
            .timeouts(plain.timeouts())
            .sessions(new SessionLimits(Duration.ofSeconds(3), Duration.ofMinutes(5), 10))
            .build();
    try (TestServer server = TestServer.start(data, config);
        Browser browser = Browser.start(server.server.port(), data)) {
      browser.signIn("/?live=true", server.key("reader", Permission.ADMIN_AUDIT));
      browser.find("tr[data-id]");
      browser.awaitText(".notice", "Your session ended");
      long last = server.log.lastId();
      server.log.reader().awaitBeyond(last, Duration.ofSeconds(1));
      assertThat(server.typesFrom(1)).contains("auth.session.expired");
    }
  }

  @Test
  void theFirstLoadIsLight() throws Exception {
    try (TestServer server = TestServer.start(data);
        Browser browser = Browser.start(server.server.port(), data)) {
      Events.append(server.log, Events.ordinary(200));
      browser.signIn("/", server.key("reader", Permission.ADMIN_AUDIT));
      browser.find("tr[data-id]");
      browser.click("#types-button");
      browser.find(".option");
      Object bytes =
          browser.script(
              "return performance.getEntries().filter(e => e.encodedBodySize)"
                  + ".reduce((n, e) => n + e.encodedBodySize, 0)");
      Object waited =
          browser.script(
              "return performance.getEntries().filter(e => e.encodedBodySize)"
                  + ".map(e => e.name.replace(location.origin, '') + ' '"
                  + " + Math.round(10 * (e.responseStart - e.requestStart)) / 10)");
      System.out.printf("first load: %s bytes; ms until each answer began: %s%n", bytes, waited);
      assertThat(((Number) Objects.requireNonNull(bytes)).longValue()).isBetween(20_000L, 200_000L);
      browser.assertQuiet();
    }
  }

  @Test
  void tooManyFailuresAreLimitedAndSaid() throws Exception {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(10_000, 8 << 20, 64L << 20, 100, 2, Duration.ofMinutes(1));
    try (TestServer server =
            TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()));
        Browser browser = Browser.start(server.server.port(), data)) {
      for (int i = 0; i < 3; i++) {
        browser.open("/");
        browser.type("input[name=key]", "wrong " + i);
        browser.click("button[type=submit]");
        browser.find(".notice.is-bad");
      }
      browser.awaitText(".notice.is-bad", "Too many attempts");
    }
  }
}
