package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.index.AddressRange;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.IndexException;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PermissionsTest {
  /** Every endpoint that needs a key: method, path, permission, the status with it. */
  private record Endpoint(String method, String path, Permission permission, int status) {}

  private static final List<Endpoint> ENDPOINTS =
      List.of(
          new Endpoint("POST", "/api/audit/events", Permission.AUDIT_APPEND, 415),
          new Endpoint("GET", "/api/audit", Permission.ADMIN_AUDIT, 200),
          new Endpoint("HEAD", "/api/audit", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/user/7", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/security", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/types", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/stats", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/verify", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/verify/last", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/overview", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/export", Permission.ADMIN_AUDIT, 200),
          new Endpoint("HEAD", "/api/audit/export", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/entries/1", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/horizon", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/checkpoints", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/checkpoints/9/timestamp", Permission.ADMIN_AUDIT, 404),
          new Endpoint("POST", "/api/audit/retention", Permission.ADMIN_RETENTION, 415),
          new Endpoint("POST", "/api/audit/holds", Permission.ADMIN_RETENTION, 415),
          new Endpoint("GET", "/api/audit/holds", Permission.ADMIN_RETENTION, 200),
          new Endpoint("DELETE", "/api/audit/holds/9", Permission.ADMIN_RETENTION, 404),
          new Endpoint("POST", "/api/audit/erasures", Permission.ADMIN_ERASURE, 415),
          new Endpoint("GET", "/api/audit/erasures", Permission.ADMIN_ERASURE, 200),
          new Endpoint("GET", "/api/audit/forwarding", Permission.ADMIN_FORWARDING, 200),
          new Endpoint("GET", "/api/audit/forwarding/x", Permission.ADMIN_FORWARDING, 404),
          new Endpoint("POST", "/api/audit/forwarding/x/pause", Permission.ADMIN_FORWARDING, 404),
          new Endpoint("POST", "/api/audit/forwarding/x/drain", Permission.ADMIN_FORWARDING, 404),
          new Endpoint(
              "POST", "/api/audit/forwarding/x/reconciliation", Permission.ADMIN_FORWARDING, 404),
          new Endpoint("GET", "/metrics", Permission.ADMIN_AUDIT, 200),
          new Endpoint("GET", "/api/audit/keys", Permission.ADMIN_KEYS, 200),
          new Endpoint("GET", "/api/audit/keys/x", Permission.ADMIN_KEYS, 404),
          new Endpoint("POST", "/api/audit/keys", Permission.ADMIN_KEYS, 415),
          new Endpoint("DELETE", "/api/audit/keys/x", Permission.ADMIN_KEYS, 404));

  @TempDir Path data;

  private static HttpRequest.Builder request(TestServer server, Endpoint endpoint) {
    return HttpRequest.newBuilder(server.uri(endpoint.path()))
        .method(endpoint.method(), HttpRequest.BodyPublishers.noBody());
  }

  @Test
  void everyEndpointTakesItsPermissionAndNoOther() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      Map<Permission, String> keys = new EnumMap<>(Permission.class);
      for (Permission permission : Permission.values()) {
        keys.put(permission, server.key(permission));
      }
      for (Endpoint endpoint : ENDPOINTS) {
        for (Map.Entry<Permission, String> key : keys.entrySet()) {
          HttpResponse<String> response =
              server.send(request(server, endpoint).header("X-API-Key", key.getValue()));
          boolean may = key.getKey() == endpoint.permission();
          assertThat(response.statusCode())
              .as(endpoint + " with " + key.getKey())
              .isEqualTo(may ? endpoint.status() : 403);
        }
        assertThat(server.send(request(server, endpoint)).statusCode()).isEqualTo(401);
      }
    }
  }

  @Test
  void whoeverHasNoGoodKeyReadsTheSameWords() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      AccessKeys.NewKey expiring =
          server.keys.make(
              "expiring", List.of(Permission.ADMIN_AUDIT), Instant.now().plusMillis(50));
      server.keys.add(expiring);
      AccessKeys.NewKey revoked =
          server.keys.make("revoked", List.of(Permission.ADMIN_AUDIT), null);
      server.keys.add(revoked);
      server.keys.revoke(revoked.key().id());
      String good = server.key(Permission.ADMIN_AUDIT);
      Thread.sleep(60);
      Set<String> answers = new HashSet<>();
      for (String key :
          List.of(
              "x",
              "tally_0000000000000000_" + "0".repeat(64),
              good.substring(0, good.length() - 1) + (good.endsWith("0") ? "1" : "0"),
              expiring.text(),
              revoked.text())) {
        HttpResponse<String> response = server.get("/api/audit", key);
        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().firstValue("WWW-Authenticate")).isPresent();
        answers.add(response.body());
      }
      answers.add(server.send(HttpRequest.newBuilder(server.uri("/api/audit"))).body());
      assertThat(answers).hasSize(1);
      assertThat(answers.iterator().next()).contains("X-API-Key", "Bearer");
      assertThat(server.get("/api/audit", good).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void bothHeadersAreTaken() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.ADMIN_AUDIT);
      for (String scheme : List.of("Bearer ", "bearer ")) {
        HttpRequest.Builder request =
            HttpRequest.newBuilder(server.uri("/api/audit")).header("Authorization", scheme + key);
        assertThat(server.send(request).statusCode()).isEqualTo(200);
      }
      HttpRequest.Builder basic =
          HttpRequest.newBuilder(server.uri("/api/audit")).header("Authorization", "Basic eDp5");
      assertThat(server.send(basic).statusCode()).isEqualTo(401);
    }
  }

  @Test
  void aWrongKeyAndARefusedPermissionAreEntries() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String writer = server.key("writer", Permission.AUDIT_APPEND);
      long lastId = server.log.lastId();
      server.send(server.request("/api/audit", "nonsense").header("User-Agent", "t/1"));
      Entry login = entry(server, lastId + 1);
      assertThat(login.event().eventType()).isEqualTo("auth.login.failed");
      assertThat(login.event().actorIp()).isEqualTo("127.0.0.1");
      assertThat(login.event().userAgent()).isEqualTo("t/1");
      assertThat(login.source()).isNull();
      assertThat(login.text(EntryField.OUTCOME)).isEqualTo("failure");

      server.get("/api/audit", writer);
      Entry denied = entry(server, lastId + 2);
      assertThat(denied.event().eventType()).isEqualTo("security.permission_denied");
      assertThat(denied.event().actorUsername()).isEqualTo("writer");
      assertThat(denied.text(EntryField.OUTCOME)).isEqualTo("failure");
      assertThat(String.valueOf(denied.event().details())).contains("admin.audit");

      server.send(HttpRequest.newBuilder(server.uri("/api/audit")));
      server.get("/healthz", "nonsense");
      assertThat(server.log.lastId()).isEqualTo(lastId + 2);
    }
  }

  private static Entry entry(TestServer server, long id) throws Exception {
    assertThat(server.log.reader().awaitBeyond(id - 1, Duration.ofSeconds(10))).isTrue();
    return server.entry(id).decode();
  }

  @Test
  void aFloodIsLimitedAndLoggedOnceWithItsCount() throws Exception {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(10, 1_000, 3_000, 100, 3, Duration.ofMillis(1_500));
    try (TestServer server =
        TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()))) {
      String good = server.key(Permission.ADMIN_AUDIT);
      long lastId = server.log.lastId();
      for (int i = 0; i < 3; i++) {
        assertThat(server.get("/api/audit", "x").statusCode()).isEqualTo(401);
      }
      for (int i = 0; i < 7; i++) {
        HttpResponse<String> response = server.get("/api/audit", "x");
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(1L, 2L);
      }
      assertThat(server.get("/api/audit", good).statusCode()).isEqualTo(200);
      Event flood = entry(server, lastId + 4).event();
      assertThat(server.typesFrom(lastId + 1))
          .containsExactly(
              "auth.login.failed",
              "auth.login.failed",
              "auth.login.failed",
              "security.rate_limited");
      assertThat(flood.actorIp()).isEqualTo("127.0.0.1");
      assertThat(String.valueOf(flood.details())).contains("\"count\":10");
      assertThat(server.get("/api/audit", "x").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void aFloodThatTheStopCutsShortIsLoggedToo() throws Exception {
    ServerConfig.Limits limits =
        new ServerConfig.Limits(10, 1_000, 3_000, 100, 1, Duration.ofHours(1));
    TestServer server =
        TestServer.start(data, TestServer.config(limits, ServerConfig.Timeouts.defaults()));
    long lastId = server.log.lastId();
    try (server) {
      server.get("/api/audit", "x");
      server.get("/api/audit", "x");
    }
    assertThat(server.typesFrom(lastId + 1))
        .containsExactly("auth.login.failed", "security.rate_limited");
  }

  @Test
  void forwardedForCountsFromTrustedProxiesOnly() throws Exception {
    String forwarded = "198.51.100.7, 203.0.113.9, 10.0.0.1";
    for (boolean trusted : List.of(false, true)) {
      Path directory = data.resolve(Boolean.toString(trusted));
      ServerConfig config =
          ServerConfig.builder()
              .port(0)
              .trustedProxies(
                  trusted
                      ? List.of(AddressRange.parse("127.0.0.0/8"), AddressRange.parse("10.0.0.1"))
                      : List.of())
              .limits(TestServer.LIMITS)
              .build();
      try (TestServer server = TestServer.start(directory, config)) {
        long lastId = server.log.lastId();
        server.send(server.request("/api/audit", "x").header("X-Forwarded-For", forwarded));
        assertThat(entry(server, lastId + 1).event().actorIp())
            .isEqualTo(trusted ? "203.0.113.9" : "127.0.0.1");
      }
    }
  }

  @Test
  void aServerStartsWhileItsIndexIsBuilt() throws Exception {
    TestServer.start(data).close();
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      AuditIndex unready = AuditIndex.open(log.reader(), log.reader().directory().index());
      unready.close();
      log.append(Event.builder("auth.logout").build()).get();
      assertThatThrownBy(() -> unready.types(Scope.ALL, null, 9))
          .isInstanceOf(IndexException.class);
      try (AuditServer server =
              AuditServer.start(log, unready, keys, ServerConfig.builder().port(0).build());
          HttpClient client = HttpClient.newHttpClient()) {
        URI health = URI.create("http://127.0.0.1:" + server.port() + "/healthz");
        assertThat(
                client
                    .send(
                        HttpRequest.newBuilder(health).build(),
                        HttpResponse.BodyHandlers.discarding())
                    .statusCode())
            .isEqualTo(200);
      }
    }
  }

  @Test
  void theFirstStartLeavesAKeyWithEveryPermission() throws Exception {
    Path file = data.resolve("admin.key");
    String first;
    try (TestServer server = TestServer.start(data)) {
      first = Files.readString(file).strip();
      assertThat(Files.getPosixFilePermissions(file))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      assertThat(Files.getPosixFilePermissions(data.resolve("access.json")))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      assertThat(Files.readString(data.resolve("access.json")))
          .doesNotContain(first.substring(first.lastIndexOf('_') + 1));
      for (Endpoint endpoint : ENDPOINTS) {
        assertThat(server.send(request(server, endpoint).header("X-API-Key", first)).statusCode())
            .isEqualTo(endpoint.status());
      }
      assertThat(server.typesFrom(1))
          .containsExactly("audit.log.created", "api_key.created", "audit.exported");
    }
    try (TestServer server = TestServer.start(data)) {
      assertThat(Files.readString(file).strip()).isEqualTo(first);
      assertThat(server.get("/api/audit", first).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void keysAreMadeListedAndRevokedOverHttp() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String admin = server.key("boss", Permission.ADMIN_KEYS, Permission.ADMIN_AUDIT);
      long lastId = server.log.lastId();
      HttpResponse<String> created =
          post(
              server,
              admin,
              "{\"name\":\"reader\",\"permissions\":[\"admin.audit\"],\"expires_at\":\"2099-01-01T00:00:00Z\"}");
      assertThat(created.statusCode()).isEqualTo(201);
      JsonNode made = TestServer.JSON.readTree(created.body());
      String key = made.get("key").asText();
      String id = made.get("id").asText();
      assertThat(key).matches("tally_[0-9a-f]{16}_[0-9a-f]{64}").contains(id);
      assertThat(server.get("/api/audit", key).statusCode()).isEqualTo(200);

      JsonNode listed = server.json("/api/audit/keys/" + id, admin);
      assertThat(listed.get("name").asText()).isEqualTo("reader");
      assertThat(listed.get("expires_at").asText()).isEqualTo("2099-01-01T00:00:00Z");
      assertThat(listed.get("last_used_at").isNull()).isFalse();
      assertThat(server.json("/api/audit/keys", admin).get("keys")).hasSize(3);
      assertThat(server.get("/api/audit/keys", admin).body())
          .doesNotContain(key.substring(key.lastIndexOf('_') + 1));

      for (int i = 0; i < 2; i++) {
        assertThat(
                server.send(server.request("/api/audit/keys/" + id, admin).DELETE()).statusCode())
            .isEqualTo(204);
      }
      assertThat(server.get("/api/audit", key).statusCode()).isEqualTo(401);
      assertThat(server.json("/api/audit/keys/" + id, admin).get("revoked_at").isNull()).isFalse();
      entry(server, lastId + 3);
      assertThat(server.typesFrom(lastId + 1))
          .containsExactly("api_key.created", "api_key.revoked", "auth.login.failed");
      Event event = server.entry(lastId + 1).decode().event();
      assertThat(event.actorUsername()).isEqualTo("boss");
      assertThat(event.actorIp()).isEqualTo("127.0.0.1");
      assertThat(event.targetType()).isEqualTo("api_key");
      assertThat(event.targetId()).isEqualTo(id);
    }
  }

  @Test
  void aKeyGrantsOnlyWhatItHas() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String admin = server.key("boss", Permission.ADMIN_KEYS, Permission.AUDIT_APPEND);
      long lastId = server.log.lastId();
      HttpResponse<String> refused =
          post(
              server, admin, "{\"name\":\"x\",\"permissions\":[\"audit.append\",\"admin.audit\"]}");
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body()).contains("this one lacks admin.audit");
      entry(server, lastId + 1);
      assertThat(server.typesFrom(lastId + 1)).containsExactly("security.permission_denied");
      assertThat(server.json("/api/audit/keys", admin).get("keys")).hasSize(2);
      HttpResponse<String> created =
          post(server, admin, "{\"name\":\"x\",\"permissions\":[\"audit.append\",\"admin.keys\"]}");
      assertThat(created.statusCode()).isEqualTo(201);
    }
  }

  private static HttpResponse<String> post(TestServer server, String key, String json)
      throws Exception {
    return server.post(
        "/api/audit/keys",
        key,
        "application/json",
        json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  @Test
  void badKeysAreRefusedWithASentence() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String admin = server.key("boss", Permission.ADMIN_KEYS, Permission.ADMIN_AUDIT);
      long lastId = server.log.lastId();
      String good = "\"permissions\":[\"admin.audit\"]";
      Map<String, String> bad =
          Map.of(
              "{",
              "not JSON",
              "[]",
              "expected a JSON object",
              "{" + good + "}",
              "name must be a string",
              "{\"name\":\"\"," + good + "}",
              "1 to 64 bytes",
              "{\"name\":\"boss\"," + good + "}",
              "another key has or had",
              "{\"name\":\"a\"}",
              "permissions must be an array",
              "{\"name\":\"a\",\"permissions\":[\"root\"]}",
              "audit.append, admin.audit",
              "{\"name\":\"a\",\"expires_at\":\"soon\"," + good + "}",
              "RFC 3339",
              "{\"name\":\"a\",\"expires_at\":\"2001-01-01T00:00:00Z\"," + good + "}",
              "in the future",
              "{\"name\":\"a\",\"admin\":true," + good + "}",
              "unknown field");
      for (Map.Entry<String, String> one : bad.entrySet()) {
        HttpResponse<String> response = post(server, admin, one.getKey());
        assertThat(response.statusCode()).as(one.getKey()).isEqualTo(422);
        assertThat(response.body()).contains(one.getValue());
      }
      assertThat(server.log.lastId()).isEqualTo(lastId);
    }
  }
}
