package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys that see a part of the log, and keys whose events are stamped: made, listed, used. */
class LimitedKeysApiTest {
  @TempDir Path data;

  private TestServer server;
  private String admin;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    admin = server.key("operations", Permission.values());
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private HttpResponse<String> create(String json) throws Exception {
    return server.post("/api/audit/keys", admin, "application/json", json.getBytes(UTF_8));
  }

  private String made(String json) throws Exception {
    HttpResponse<String> answer = create(json);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    return TestServer.JSON.readTree(answer.body()).get("key").asText();
  }

  private String app(String tenant) throws Exception {
    return made(
        "{\"name\":\"%s-app\",\"permissions\":[\"audit.append\"],\"stamp\":{\"tenant\":\"%s\"}}"
            .formatted(tenant, tenant));
  }

  private String viewer(String tenant) throws Exception {
    return made(
        "{\"name\":\"%s-viewer\",\"permissions\":[\"admin.audit\"],\"only\":{\"tenant\":[\"%s\"]}}"
            .formatted(tenant, tenant));
  }

  @Test
  void whatAKeySeesAndStampsIsListedKeptInTheFileAndInTheLog() throws Exception {
    made(
        "{\"name\":\"both\",\"permissions\":[\"audit.append\",\"admin.audit\"],"
            + "\"only\":{\"tenant\":[\"b\",\"a\"],\"source\":[\"both\"]},\"stamp\":{\"tenant\":\"a\"}}");
    JsonNode listed = server.json("/api/audit/keys", admin).get("keys");
    JsonNode both = listed.get(listed.size() - 1);
    String limits = "{\"source\":[\"both\"],\"tenant\":[\"a\",\"b\"]}";
    assertThat(both.get("only").toString()).isEqualTo(limits);
    assertThat(both.get("stamp").toString()).isEqualTo("{\"tenant\":\"a\"}");
    assertThat(listed.get(0).get("only").isNull()).isTrue();
    assertThat(listed.get(0).get("stamp").isNull()).isTrue();
    Entry created = server.entriesFrom(server.log.lastId()).getFirst();
    assertThat(created.event().eventType()).isEqualTo("api_key.created");
    assertThat(String.valueOf(created.event().details()))
        .contains("\"only\":" + limits, "\"stamp\":{\"tenant\":\"a\"}");
    AccessKey reopened =
        AccessKeys.open(data.resolve("access.json"), Clock.systemUTC()).list().getLast();
    assertThat(reopened.only().only().get(EntryField.TENANT)).containsExactly("a", "b");
    assertThat(reopened.stamp()).containsEntry(EntryField.TENANT, "a");
  }

  /** Whoever reads the file with an older program must not take such a key for one without. */
  @Test
  void keysWithoutLimitsStandInTheFileAsTheyDidBefore() throws Exception {
    assertThat(Files.readString(data.resolve("access.json"))).doesNotContain("only", "stamp");
    viewer("acme");
    assertThat(Files.readString(data.resolve("access.json"))).contains("\"only\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          admin.audit | {"actor_id":["7"]} | null | only must name tenant or source, but named "actor_id"
          admin.audit | {"tenant":"acme"} | null | only must be an object of arrays, for instance {"tenant": ["acme"]}
          admin.audit | {"tenant":[]} | null | only must have 1 to 100 values of tenant, but had 0
          admin.audit | {"tenant":[""]} | null | only must give tenant 1 to 128 bytes of UTF-8 without NUL, but gave ""
          admin.audit | {"tenant":[7]} | null | only must be an object of arrays
          admin.audit | [] | null | only must be an object of arrays
          audit.append | {"tenant":["acme"]} | null | only limits what a key reads, so the key needs the permission admin.audit
          admin.audit | null | {"tenant":"acme"} | stamp marks what a key writes, so the key needs the permission audit.append
          audit.append | null | {"source":"x"} | stamp must name tenant, but named "source"
          audit.append | null | {"tenant":["acme"]} | stamp must be an object of strings, for instance {"tenant": "acme"}
          audit.append | null | {"tenant":null} | stamp must be an object of strings
          """)
  void aLimitThatMeansNothingIsRefused(String permission, String only, String stamp, String why)
      throws Exception {
    HttpResponse<String> answer =
        create(
            "{\"name\":\"k\",\"permissions\":[\"%s\"],\"only\":%s,\"stamp\":%s}"
                .formatted(permission, only, stamp));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(TestServer.JSON.readTree(answer.body()).get("detail").asText()).startsWith(why);
  }

  @Test
  void noLimitedKeyCanHaveAPermissionThatReachesBeyondItsLimit() throws Exception {
    for (Permission permission : Permission.values()) {
      boolean may = permission == Permission.AUDIT_APPEND || permission == Permission.ADMIN_AUDIT;
      HttpResponse<String> answer =
          create(
              "{\"name\":\"%1$s\",\"permissions\":[\"admin.audit\",\"audit.append\",\"%1$s\"],"
                      .formatted(permission)
                  + "\"only\":{\"tenant\":[\"acme\"]}}");
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(may ? 201 : 422);
      assertThat(answer.body()).contains(may ? "key" : "a key with " + permission);
    }
  }

  @Test
  void aStampIsOnEveryEventHoweverItIsSent() throws Exception {
    String app = app("acme");
    long before = server.log.lastId();
    assertThat(server.append(app, "{\"event_type\":\"a.b\"}").statusCode()).isEqualTo(201);
    server.append(app, " { \"event_type\" : \"a.b\", \"tenant\": null } ");
    server.append(app, "[{\"event_type\":\"a.b\",\"tenant\":\"acme\"},{\"event_type\":\"a.b\"}]");
    byte[] lines = "{\"event_type\":\"a.b\"}\n{\"event_type\": \"a.b\"}\n".getBytes(UTF_8);
    server.post("/api/audit/events", app, "application/x-ndjson", lines);
    List<Entry> written = server.entriesFrom(before + 1);
    assertThat(written)
        .hasSize(6)
        .allSatisfy(entry -> assertThat(entry.text(EntryField.TENANT)).isEqualTo("acme"));
  }

  @Test
  void anEventThatNamesAnotherTenantIsRefusedAndNeverStamped() throws Exception {
    String app = app("acme");
    long before = server.log.lastId();
    for (String tenant : List.of("globex", "ACME", "", "acme ")) {
      HttpResponse<String> answer =
          server.append(app, "{\"event_type\":\"a.b\",\"tenant\":\"" + tenant + "\"}");
      assertThat(answer.statusCode()).isEqualTo(422);
      JsonNode error = TestServer.JSON.readTree(answer.body()).get("errors").get(0);
      assertThat(error.get("field").asText()).isEqualTo("tenant");
      assertThat(error.get("message").asText())
          .startsWith("tenant must be \"acme\", which this key stamps on its events, or absent");
    }
    HttpResponse<String> several =
        server.append(
            app,
            "[{\"event_type\":\"a.b\",\"tenant\":\"x\"},{\"event_type\":\"a.b\"},"
                + "{\"event_type\":\"a.b\",\"tenant\":\"y\"}]");
    assertThat(TestServer.JSON.readTree(several.body()).get("errors").findValuesAsText("index"))
        .containsExactly("0", "2");
    assertThat(server.log.lastId()).isEqualTo(before);
    HttpResponse<String> partial =
        server.post(
            "/api/audit/events?partial=true&oversize=truncate",
            app,
            "application/json",
            "[{\"event_type\":\"a.b\",\"tenant\":\"x\"},{\"event_type\":\"a.b\"}]".getBytes(UTF_8));
    assertThat(partial.statusCode()).isEqualTo(207);
    assertThat(server.entriesFrom(before + 1))
        .singleElement()
        .satisfies(entry -> assertThat(entry.text(EntryField.TENANT)).isEqualTo("acme"));
  }

  @Test
  void aStampedEventThatIsSentAgainIsReplayed() throws Exception {
    String app = app("acme");
    String event = "{\"event_type\":\"a.b\",\"event_id\":\"e1\"}";
    HttpResponse<String> first = server.append(app, event);
    HttpResponse<String> again = server.append(app, event);
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(TestServer.JSON.readTree(again.body()).get("id"))
        .isEqualTo(TestServer.JSON.readTree(first.body()).get("id"));
  }

  /** The answer to an id that another tenant's key used is that of an id that nobody used. */
  @Test
  void theEventIdsOfAnotherTenantAreNotToBeGuessed() throws Exception {
    String globex = app("globex");
    assertThat(server.append(globex, "{\"event_type\":\"a.b\",\"event_id\":\"e1\"}").statusCode())
        .isEqualTo(201);
    String acme =
        made(
            "{\"name\":\"acme\",\"permissions\":[\"audit.append\",\"admin.audit\"],"
                + "\"only\":{\"tenant\":[\"acme\"]},\"stamp\":{\"tenant\":\"acme\"}}");
    HttpResponse<String> same = server.append(acme, "{\"event_type\":\"a.b\",\"event_id\":\"e1\"}");
    assertThat(same.statusCode()).isEqualTo(201);
    long own = TestServer.JSON.readTree(same.body()).get("id").asLong();
    HttpResponse<String> other =
        server.append(acme, "{\"event_type\":\"a.c\",\"event_id\":\"e1\"}");
    assertThat(other.statusCode()).isEqualTo(409);
    assertThat(other.body()).contains("belongs to entry " + own + ",");
    assertThat(server.json("/api/audit?event_id=e1", acme).get("total").asLong()).isEqualTo(1);
  }

  @Test
  void valuesOfOneFieldAreAlternativesAndFieldsNarrowEachOther() throws Exception {
    server.append(app("acme"), "{\"event_type\":\"a.b\"}");
    server.append(app("globex"), "{\"event_type\":\"a.b\"}");
    server.append(app("initech"), "{\"event_type\":\"a.b\"}");
    String two =
        made(
            "{\"name\":\"two\",\"permissions\":[\"admin.audit\"],"
                + "\"only\":{\"tenant\":[\"acme\",\"globex\"]}}");
    assertThat(server.json("/api/audit", two).get("total").asLong()).isEqualTo(2);
    String narrow =
        made(
            "{\"name\":\"narrow\",\"permissions\":[\"admin.audit\"],"
                + "\"only\":{\"tenant\":[\"acme\",\"globex\"],\"source\":[\"acme-app\",\"initech-app\"]}}");
    assertThat(server.json("/api/audit", narrow).get("total").asLong()).isEqualTo(1);
    String log =
        made(
            "{\"name\":\"of the log\",\"permissions\":[\"admin.audit\"],"
                + "\"only\":{\"source\":[\"(log)\"]}}");
    assertThat(server.json("/api/audit", log).get("entries"))
        .isNotEmpty()
        .allSatisfy(entry -> assertThat(entry.get("source").asText()).isEqualTo("(log)"));
  }

  @Test
  void aSessionOfThePageSeesNoMoreThanItsKey() throws Exception {
    server.append(app("acme"), "{\"event_type\":\"a.b\"}");
    server.append(app("globex"), "{\"event_type\":\"a.b\"}");
    String viewer = viewer("acme");
    String origin = "http://127.0.0.1:" + server.server.port();
    HttpResponse<String> signedIn =
        server.send(
            HttpRequest.newBuilder(server.uri("/api/session"))
                .header("Origin", origin)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"key\":\"" + viewer + "\"}")));
    assertThat(signedIn.statusCode()).as(signedIn.body()).isEqualTo(200);
    assertThat(TestServer.JSON.readTree(signedIn.body()).at("/key/only/tenant/0").asText())
        .isEqualTo("acme");
    String cookie = signedIn.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
    for (var one : Map.of("/api/audit", 200, "/api/audit/checkpoints", 403).entrySet()) {
      HttpResponse<String> answer =
          server.send(HttpRequest.newBuilder(server.uri(one.getKey())).header("Cookie", cookie));
      assertThat(answer.statusCode()).isEqualTo(one.getValue());
      if (answer.statusCode() == 200) {
        assertThat(TestServer.JSON.readTree(answer.body()).get("total").asLong()).isEqualTo(1);
      }
    }
  }

  @Test
  void anAttemptAtTheWholeLogIsAnEntry() throws Exception {
    String viewer = viewer("acme");
    long before = server.log.lastId();
    HttpResponse<String> refused = server.get("/tlog/checkpoint", viewer);
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(TestServer.JSON.readTree(refused.body()).get("detail").asText())
        .isEqualTo("This is about the whole log, and the key sees only a part of it.");
    assertThat(server.log.reader().awaitBeyond(before, Duration.ofSeconds(10))).isTrue();
    Entry denied = server.entriesFrom(before + 1).getFirst();
    assertThat(denied.event().eventType()).isEqualTo("security.permission_denied");
    assertThat(String.valueOf(denied.event().details()))
        .contains("\"permission\":\"admin.audit of the whole log\"");
  }

  @Test
  void afterRetentionALimitedKeyLearnsNothingOfWhatWasRemoved() throws Exception {
    server.close();
    try (AuditLog log =
        AuditLog.open(
            data.resolve("old"),
            LogConfig.builder()
                .clock(Clock.offset(Clock.systemUTC(), Duration.ofDays(-9)))
                .build())) {
      log.append(Events.ordinary(50), "globex-app").get();
    }
    server = TestServer.start(data.resolve("old"));
    admin = server.key("operations", Permission.values());
    server.append(app("acme"), "{\"event_type\":\"a.b\"}");
    String viewer = viewer("acme");
    HttpResponse<String> run =
        server.post(
            "/api/audit/retention", admin, "application/json", "{\"days\":2}".getBytes(UTF_8));
    assertThat(run.statusCode()).as(run.body()).isEqualTo(200);
    assertThat(server.log.reader().firstId()).isGreaterThan(50);
    HttpResponse<String> removed = server.get("/api/audit/entries/9", viewer);
    assertThat(removed.statusCode()).isEqualTo(404);
    assertThat(removed.body()).isEqualTo(server.get("/api/audit/entries/99999", viewer).body());
    assertThat(server.get("/api/audit/entries/9/proof", viewer).statusCode()).isEqualTo(404);
    assertThat(server.get("/api/audit/entries/9", admin).statusCode()).isEqualTo(410);
    assertThat(server.json("/api/audit/stats", viewer).get("total_entries").asLong()).isEqualTo(1);
  }

  @Test
  void aFailureTellsALimitedKeyItsStatusAndNoneOfItsWords() throws Exception {
    HttpResponse<String> receipt =
        server.append(app("acme"), "{\"event_type\":\"a.b\",\"action\":\"to be damaged\"}");
    String path = "/api/audit/entries/" + TestServer.JSON.readTree(receipt.body()).get("id");
    String viewer = viewer("acme");
    ReadingFixture.change(data, "to be damaged", "to be changed");
    HttpResponse<String> whole = server.get(path, admin);
    assertThat(whole.statusCode()).isEqualTo(500);
    assertThat(whole.body()).contains("entr");
    HttpResponse<String> part = server.get(path, viewer);
    assertThat(part.statusCode()).isEqualTo(500);
    assertThat(TestServer.JSON.readTree(part.body()).get("detail").asText())
        .isEqualTo("The server failed to answer this request; its own log has the reason.");
    assertThat(server.get("/api/audit/verify", viewer).body()).isEqualTo("{\"valid\":false}");
  }

  @Test
  void whileTheIndexIsBehindTheScopeHoldsAndNoNumberIsTold() throws Exception {
    String app = app("acme");
    String viewer = viewer("acme");
    server.append(app, "{\"event_type\":\"a.b\"}");
    server.index.awaitIndexed(server.log.lastId());
    IndexDirectory index = new IndexDirectory(server);
    index.block();
    server.log.append(Events.ordinary(20), "globex-app").get();
    server.append(app, "{\"event_type\":\"a.b\"}");
    for (int i = 0; !server.get("/readyz", "").body().contains("can't be written"); i++) {
      assertThat(i).isLessThan(600);
      Thread.sleep(50);
    }
    HttpResponse<String> list = server.get("/api/audit", viewer);
    assertThat(TestServer.JSON.readTree(list.body()).get("total").asLong()).isEqualTo(2);
    assertThat(list.headers().firstValue("Tallystick-Index")).hasValue("behind");
    assertThat(server.json("/api/audit/stats", viewer).get("total_entries").asLong()).isEqualTo(2);
    assertThat(server.get("/api/audit/export", viewer).body().lines()).hasSize(2);
    index.unblock();
  }
}
