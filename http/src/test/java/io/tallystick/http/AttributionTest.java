package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Entry;
import io.tallystick.index.AddressRange;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attempts to hide behind a flood, and to speak in the log's own name. */
class AttributionTest {
  private static final ServerConfig.Limits LIMITS =
      new ServerConfig.Limits(10_000, 8 << 20, 64L << 20, 4_096, 10, Duration.ofHours(1));

  @TempDir Path data;

  private static ServerConfig config() {
    return ServerConfig.builder()
        .port(0)
        .limits(LIMITS)
        .trustedProxies(List.of(AddressRange.parse("127.0.0.1/32")))
        .build();
  }

  @Test
  void tenJunkRequestsDoNotMakeAKnownKeysRefusalsAnonymous() throws Exception {
    TestServer server = TestServer.start(data, config());
    AccessKeys.NewKey revoked =
        server.keys.make("left last week", List.of(Permission.ADMIN_AUDIT), null);
    server.keys.add(revoked);
    server.keys.revoke(revoked.key().id());
    AccessKeys.NewKey writer = server.keys.make("writer", List.of(Permission.AUDIT_APPEND), null);
    server.keys.add(writer);
    long lastId = server.log.lastId();
    for (int i = 0; i < 12; i++) {
      server.get("/api/audit", "junk" + i);
    }
    for (int i = 0; i < 5; i++) {
      assertThat(server.get("/api/audit", revoked.text()).statusCode()).isEqualTo(429);
      assertThat(server.get("/api/audit", writer.text()).statusCode()).isEqualTo(429);
    }
    server.close();
    List<Entry> written = server.entriesFrom(lastId + 1);
    assertThat(written.stream().map(e -> String.valueOf(e.event().targetId())))
        .filteredOn(revoked.key().id()::equals)
        .hasSize(5);
    assertThat(written.stream().map(e -> String.valueOf(e.event().targetId())))
        .filteredOn(writer.key().id()::equals)
        .hasSize(5);
    String flood = String.valueOf(written.getLast().event().details());
    assertThat(flood)
        .contains("\"count\":22", "\"with_known_key\":10", revoked.key().id(), writer.key().id());
  }

  @Test
  void aFloodFromManyNetworksIsOneEntryWithTheKeysItUsed() throws Exception {
    TestServer server = TestServer.start(data, config());
    AccessKeys.NewKey stolen = server.keys.make("stolen", List.of(Permission.ADMIN_AUDIT), null);
    server.keys.add(stolen);
    server.keys.revoke(stolen.key().id());
    long lastId = server.log.lastId();
    for (int i = 0; i < 1_500; i++) {
      String from = "2001:db8:0:%x::1".formatted(i);
      String key = i == 1_400 ? stolen.text() : "junk";
      HttpRequest.Builder request =
          server.request("/api/audit", key).header("X-Forwarded-For", from);
      assertThat(server.send(request).statusCode()).isIn(401, 429);
    }
    server.close();
    List<Entry> written = server.entriesFrom(lastId + 1);
    assertThat(written).hasSizeLessThanOrEqualTo(103);
    assertThat(written.stream().map(e -> String.valueOf(e.event().targetId())))
        .filteredOn(stolen.key().id()::equals)
        .hasSize(1);
    JsonNode summary =
        TestServer.JSON.readTree(String.valueOf(written.getLast().event().details()));
    assertThat(written.getLast().event().eventType()).isEqualTo("security.rate_limited");
    assertThat(summary.get("addresses").asLong()).isGreaterThanOrEqualTo(900);
    long told = 0;
    for (Entry entry : written) {
      JsonNode details = TestServer.JSON.readTree(String.valueOf(entry.event().details()));
      told += entry.event().eventType().equals("auth.login.failed") ? 1 : 0;
      told += details.path("unlogged").asLong();
    }
    assertThat(told).isEqualTo(1_500);
  }

  @Test
  void noClientWritesWhatOnlyTheLogWrites() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String writer = server.key("writer", Permission.AUDIT_APPEND);
      long lastId = server.log.lastId();
      for (String type :
          List.of("audit.exported", "audit.log.created", "audit.hold.placed", "audit.x", "audit")) {
        for (String event :
            List.of(
                "{\"event_type\":\"" + type + "\"}",
                "[{\"event_type\":\"auth.logout\"},{ \"event_type\" : \"" + type + "\"}]")) {
          HttpResponse<String> refused = server.append(writer, event);
          assertThat(refused.statusCode()).as(event).isEqualTo(422);
          assertThat(refused.body()).contains("only the log itself writes", "\\\"" + type + "\\\"");
        }
        byte[] line = ("{\"event_type\":\"" + type + "\"}\n").getBytes(UTF_8);
        assertThat(
                server.post("/api/audit/events", writer, "application/x-ndjson", line).statusCode())
            .isEqualTo(422);
      }
      assertThat(server.log.lastId()).isEqualTo(lastId);
      for (String type :
          List.of("api_key.created", "auth.login.failed", "audits.done", "audit_x")) {
        assertThat(server.append(writer, "{\"event_type\":\"" + type + "\"}").statusCode())
            .isEqualTo(201);
      }
    }
  }

  @Test
  void everyViewSaysWhetherTheLogItselfWroteAnEntry() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String reader = server.key(Permission.ADMIN_AUDIT, Permission.ADMIN_KEYS);
      String writer = server.key("writer", Permission.AUDIT_APPEND);
      server.append(writer, "{\"event_type\":\"api_key.created\"}");
      String forged = "/api/audit?event_type=api_key.created&source=";
      JsonNode own = server.json(forged + "(log)", reader);
      assertThat(own.get("total").asLong()).isEqualTo(3);
      assertThat(own.get("entries").findValuesAsText("source")).containsOnly("(log)");
      assertThat(server.json(forged + "writer", reader).get("total").asLong()).isEqualTo(1);
      long first = own.get("entries").get(2).get("id").asLong();
      assertThat(server.json("/api/audit/entries/" + first, reader).get("source").asText())
          .isEqualTo("(log)");
      String csv = server.get("/api/audit/export?format=csv&event_type=api_key.*", reader).body();
      assertThat(csv.lines().filter(line -> line.contains(",(log),"))).hasSize(3);
      for (String name : List.of("(log)", "(local)", "(x")) {
        HttpResponse<String> refused =
            server.post(
                "/api/audit/keys",
                reader,
                "application/json",
                ("{\"name\":\"" + name + "\",\"permissions\":[\"admin.audit\"]}").getBytes(UTF_8));
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).contains("must not begin with");
      }
    }
  }
}
