package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.index.AddressRange;
import io.tallystick.service.access.Permission;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages whose own name was made to resolve to the server's address. */
class RebindingTest {
  private static final List<String> PATHS =
      List.of("/", "/web/app.js", "/healthz", "/metrics", "/tlog/checkpoint", "/api/session");

  @TempDir Path data;

  private static ServerConfig.Builder config() {
    return ServerConfig.builder()
        .port(0)
        .publicMetrics(true)
        .publicTlog(true)
        .limits(TestServer.LIMITS);
  }

  /** The status of a request to this name. */
  private static int status(TestServer server, String path, String host, String more)
      throws IOException {
    String answer =
        Wire.exchange(
            server,
            "GET "
                + path
                + " HTTP/1.1\r\nHost: "
                + host
                + "\r\nConnection: close\r\n"
                + more
                + "\r\n");
    if (answer.startsWith("HTTP/1.1 421 ")) {
      assertThat(answer).contains("--allowed-hosts", "problem+json", "nosniff");
    }
    return Wire.statuses(answer).getFirst();
  }

  private static int status(TestServer server, String host) throws IOException {
    return status(server, "/healthz", host, "");
  }

  @Test
  void onLoopbackTheNameOfAnotherSiteIsRefusedEverywhere() throws Exception {
    try (TestServer server = TestServer.start(data, config().build())) {
      int port = server.server.port();
      for (String path : PATHS) {
        for (String host :
            List.of("evil.example", "evil.example:" + port, "localhost.evil.example")) {
          assertThat(status(server, path, host, "")).as(path + " " + host).isEqualTo(421);
        }
      }
      for (String host :
          List.of(
              "localhost",
              "LocalHost:" + port,
              "localhost.",
              "audit.localhost:80",
              "127.0.0.1:" + port,
              "[::1]:" + port,
              "10.1.2.3")) {
        assertThat(status(server, host)).as(host).isEqualTo(200);
      }
      String signIn =
          "POST /api/session HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
              + "Content-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
      long before = server.log.lastId();
      assertThat(Wire.statuses(Wire.exchange(server, signIn))).containsExactly(421);
      assertThat(server.log.lastId()).isEqualTo(before);
      for (String junk : List.of("X-API-Key: junk\r\n", "Authorization: Bearer junk\r\n")) {
        for (String path : PATHS) {
          assertThat(status(server, path, "evil.example", junk))
              .as("what a page sends as a key")
              .isIn(401, 429);
        }
      }
      String key = "X-API-Key: " + server.key(Permission.ADMIN_AUDIT) + "\r\n";
      assertThat(status(server, "/api/audit?limit=1", "audit.example.com", key))
          .as("a program with a key may use any name")
          .isEqualTo(200);
    }
  }

  @Test
  void givenNamesAreAllowedAndNoOthers() throws Exception {
    ServerConfig config =
        config()
            .allowedHosts(List.of("Audit.example.com", "b.example"))
            .trustedProxies(List.of(AddressRange.parse("127.0.0.1")))
            .build();
    try (TestServer server = TestServer.start(data, config)) {
      assertThat(status(server, "audit.example.com:8470")).isEqualTo(200);
      assertThat(status(server, "b.example.")).isEqualTo(200);
      assertThat(status(server, "localhost")).isEqualTo(200);
      assertThat(status(server, "c.example")).isEqualTo(421);
      assertThat(status(server, "/", "localhost", "X-Forwarded-Host: c.example\r\n"))
          .isEqualTo(421);
      assertThat(status(server, "/", "c.example", "X-Forwarded-Host: b.example\r\n"))
          .isEqualTo(200);
    }
  }

  @Test
  void anyNameMeansAny() throws Exception {
    try (TestServer server = TestServer.start(data, config().allowedHosts(List.of("*")).build())) {
      assertThat(status(server, "evil.example")).isEqualTo(200);
    }
  }

  @Test
  void behindATrustedProxyTheNameIsTheProxysToCheck() throws Exception {
    ServerConfig config = config().trustedProxies(List.of(AddressRange.parse("127.0.0.1"))).build();
    try (TestServer server = TestServer.start(data, config)) {
      assertThat(status(server, "audit.example.com")).isEqualTo(200);
      assertThat(status(server, "/", "x", "X-Forwarded-Host: audit.example.com\r\n"))
          .isEqualTo(200);
    }
  }

  @Test
  void whereOthersReachTheServerItKnowsNoNamesOfItsOwn() throws Exception {
    ServerConfig config = config().host("0.0.0.0").insecureHttp(true).build();
    try (TestServer server = TestServer.start(data, config)) {
      assertThat(status(server, "audit.example.com")).isEqualTo(200);
    }
  }
}
