package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.tallystick.service.access.Permission;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A page on another port of the same host, which a browser counts to the same site: it sends the
 * cookie of whoever is signed in along, SameSite=Strict or not.
 */
class PageOtherSiteIT {
  private static final String EXPORT = "/api/audit/export?format=ndjson";

  @TempDir Path data;

  private TestServer server;
  private HttpServer other;
  private Browser browser;

  @BeforeEach
  void open() throws Exception {
    server = TestServer.start(data);
    other = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          byte[] page = "<!doctype html><title>other</title><body></body>".getBytes(UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "text/html");
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    other.start();
    browser = Browser.start(server.server.port(), data);
    Events.append(server.log, Events.ordinary(5));
    browser.signIn("/", server.key("reader", Permission.ADMIN_AUDIT));
    browser.find("tr[data-id]");
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
    other.stop(0);
    server.close();
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.server.port() + path;
  }

  /** Whether an export was recorded since this entry. */
  private boolean isExported(long lastId) throws Exception {
    server.log.reader().awaitBeyond(lastId, Duration.ofMillis(500));
    return server.typesFrom(lastId + 1).contains("audit.exported");
  }

  private void await(String script, String url) {
    browser.driver.executeAsyncScript(
        "const [url, done] = arguments; (async () => {" + script + "})().then(done, done)", url);
  }

  @Test
  void aPageOnAnotherPortStartsNothingWithTheCookie() throws Exception {
    long before = server.log.lastId();
    await("const r = await fetch(url); await r.text()", url(EXPORT));
    assertThat(isExported(before)).as("the page itself may export").isTrue();

    browser.through(other.getAddress().getPort());
    browser.open("/");
    long lastId = server.log.lastId();
    Map<String, String> attacks =
        Map.of(
            "fetch",
            "await fetch(url, {credentials: 'include', mode: 'no-cors'})",
            "image",
            "const i = new Image(); await new Promise(d => {i.onload = i.onerror = d; i.src = url})",
            "script",
            "const s = document.createElement('script'); await new Promise(d => {s.onload ="
                + " s.onerror = d; s.src = url; document.body.append(s)})",
            "frame",
            "const f = document.createElement('iframe'); await new Promise(d => {f.onload ="
                + " f.onerror = d; f.src = url; document.body.append(f)})");
    for (Map.Entry<String, String> attack : attacks.entrySet()) {
      await(attack.getValue(), url(EXPORT));
      assertThat(isExported(lastId)).as(attack.getKey()).isFalse();
    }
    for (String path : List.of("/api/audit/export", "/api/audit/verify")) {
      browser.open("/");
      browser.script(
          "const f = document.createElement('form'); f.action = arguments[0];"
              + " document.body.append(f); f.submit()",
          url(path));
      browser.awaitText("body", "Sec-Fetch-Site must be same-origin or none");
    }
    assertThat(isExported(lastId)).as("a form").isFalse();

    browser.through(server.server.port());
    browser.open("/");
    browser.find("tr[data-id]");
    assertThat(
            Objects.requireNonNull(browser.driver.manage().getCookieNamed("tally-session"))
                .getValue())
        .as("the session goes on")
        .isNotEmpty();
  }
}
