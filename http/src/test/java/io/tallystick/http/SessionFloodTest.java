package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody signs in more often than there is room for sessions: 1,005 times. */
class SessionFloodTest {
  private static final int SIGN_INS = 1_005;

  @TempDir Path data;

  private TestServer server;
  private String operators;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    String operator = server.key("operator", Permission.ADMIN_AUDIT, Permission.ADMIN_KEYS);
    operators = signIn(operator).headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private HttpResponse<String> signIn(String key) throws Exception {
    return server.send(
        HttpRequest.newBuilder(server.uri("/api/session"))
            .header("Content-Type", "application/json")
            .header("Origin", "http://127.0.0.1:" + server.server.port())
            .POST(HttpRequest.BodyPublishers.ofString("{\"key\":\"" + key + "\"}")));
  }

  private int operatorsSession() throws Exception {
    return server
        .send(HttpRequest.newBuilder(server.uri("/api/audit?limit=1")).header("Cookie", operators))
        .statusCode();
  }

  private Map<Integer, Integer> flood(String key) throws Exception {
    Map<Integer, Integer> statuses = new TreeMap<>();
    for (int i = 0; i < SIGN_INS; i++) {
      statuses.merge(signIn(key).statusCode(), 1, Integer::sum);
    }
    return statuses;
  }

  @Test
  void anAppendOnlyKeySignsNobodyOut() throws Exception {
    String writer = server.key("writer", Permission.AUDIT_APPEND);
    HttpResponse<String> first = signIn(writer);
    Map<Integer, Integer> statuses = flood(writer);
    assertThat(operatorsSession()).isEqualTo(200);
    assertThat(first.statusCode()).isEqualTo(403);
    assertThat(first.headers().firstValue("Set-Cookie")).isEmpty();
    assertThat(first.body()).contains("admin.audit, admin.keys", "audit.append");
    assertThat(statuses.keySet()).isSubsetOf(403, 429);
  }

  @Test
  void aReaderSignsNobodyOutButItself() throws Exception {
    String key = server.key("reader", Permission.ADMIN_AUDIT);
    String first = signIn(key).headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
    assertThat(flood(key)).isEqualTo(Map.of(200, SIGN_INS));
    assertThat(operatorsSession()).isEqualTo(200);
    HttpRequest.Builder own =
        HttpRequest.newBuilder(server.uri("/api/session")).header("Cookie", first);
    assertThat(server.send(own).statusCode()).isEqualTo(401);
    assertThat(server.get("/metrics", server.key(Permission.ADMIN_AUDIT)).body())
        .contains("tallystick_limited_requests_total{limit=\"sessions\",key=\"reader\"}");
    List<String> types = server.typesFrom(1);
    assertThat(types).contains("security.rate_limited");
  }
}
