package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.index.AddressRange;
import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that a proxy serves under {@code /tools/audit}. */
class BasePathTest {
  private static final String BASE = "/tools/audit";

  @TempDir Path data;

  private TestServer server;
  private String key;

  @BeforeEach
  void start() throws Exception {
    ServerConfig config =
        ServerConfig.builder()
            .port(0)
            .basePath(BASE)
            .trustedProxies(List.of(AddressRange.parse("127.0.0.0/8")))
            .publicTlog(true)
            .publicMetrics(true)
            .build();
    server = TestServer.start(data, config);
    key = server.key("operations", Permission.values());
    Events.append(server.log, Events.ordinary(300));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void everyEndpointIsUnderItAndNowhereElse() throws Exception {
    assertThat(server.get(BASE + "/api/audit/checkpoints/newest", key).statusCode()).isEqualTo(200);
    for (String path :
        List.of(
            "/",
            "/entries/5",
            "/web/app.js",
            "/healthz",
            "/readyz",
            "/metrics",
            "/openapi.json",
            "/tlog/checkpoint",
            "/tlog/tile/0/000",
            "/tlog/tile/entries/000",
            "/api/audit?limit=1",
            "/api/audit/entries/5",
            "/api/audit/entries/5/proof")) {
      HttpResponse<String> here = server.get(BASE + path, key);
      assertThat(here.statusCode()).as(path + " " + here.body()).isEqualTo(200);
      HttpResponse<String> elsewhere = server.get(path, key);
      assertThat(elsewhere.statusCode()).as(path).isEqualTo(404);
      assertThat(elsewhere.body()).as(path).contains("this server answers under " + BASE + "/");
      assertThat(server.get(BASE + "x" + path, key).statusCode()).as(path).isEqualTo(404);
    }
    assertThat(
            server
                .post(
                    BASE + "/api/audit/events",
                    key,
                    "application/json",
                    "{\"event_type\":\"auth.logout\"}".getBytes(StandardCharsets.UTF_8))
                .statusCode())
        .isEqualTo(201);
  }

  @Test
  void thePathWithoutItsSlashLeadsToThePage() throws Exception {
    HttpResponse<String> answer = server.send(HttpRequest.newBuilder(server.uri(BASE)));
    assertThat(answer.statusCode()).isIn(301, 302, 307, 308);
    // Without a host, which behind a proxy would be the wrong one.
    assertThat(answer.headers().firstValue("Location")).hasValue(BASE + "/");
  }

  @Test
  void everyLinkOfThePageIsUnderIt() throws Exception {
    String page = server.get(BASE + "/entries/5", key).body();
    assertThat(page).contains("src=\"" + BASE + "/web/app.js\"");
    assertThat(page).doesNotContainPattern("(href|src)=\"/(?!tools/audit/)");
    HttpResponse<String> missing =
        server.send(
            HttpRequest.newBuilder(server.uri(BASE + "/nothing")).header("Accept", "text/html"));
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.body())
        .contains("href=\"" + BASE + "/\"")
        .doesNotContainPattern("(href|src)=\"/(?!tools/audit/)");
  }

  @Test
  void theDescriptionNamesIt() throws Exception {
    JsonNode openapi = TestServer.JSON.readTree(server.get(BASE + "/openapi.json", key).body());
    assertThat(openapi.at("/servers/0/url").asText()).isEqualTo(BASE);
    assertThat(openapi.get("servers")).hasSize(1);
    assertThat(openapi.get("paths").size()).isGreaterThan(10);
  }

  @Test
  void theCookieGoesThereOnly() throws Exception {
    for (boolean tls : new boolean[] {false, true}) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(server.uri(BASE + "/api/session"))
              .header("Content-Type", "application/json")
              .header("Origin", (tls ? "https" : "http") + "://audit.example.com")
              .header("X-Forwarded-Host", "audit.example.com")
              .header("X-Forwarded-Proto", tls ? "https" : "http")
              .POST(HttpRequest.BodyPublishers.ofString("{\"key\":\"" + key + "\"}"));
      HttpResponse<String> answer = server.send(request);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow();
      assertThat(cookie.split("; "))
          .contains("Path=" + BASE, "HttpOnly", "SameSite=Strict")
          .doesNotContain("Path=/");
      // Browsers refuse __Host- with any path but "/".
      assertThat(cookie).startsWith(tls ? "__Secure-tally-session=" : "tally-session=");
      assertThat(cookie.contains("Secure;") || cookie.endsWith("Secure")).isEqualTo(tls);
    }
  }
}
