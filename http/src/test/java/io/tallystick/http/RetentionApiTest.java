package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Retention and legal holds over HTTP, on a log with two old days of 50 entries. */
class RetentionApiTest {
  private static final String RETENTION = "/api/audit/retention";
  private static final String HOLDS = "/api/audit/holds";

  @TempDir Path data;
  private TestServer server;
  private String key;
  private String auditor;

  @BeforeEach
  void makeAnOldLog() throws Exception {
    makeOldDays(data, 2);
    server = TestServer.start(data);
    key = server.key("records", Permission.ADMIN_RETENTION);
    auditor = server.key(Permission.ADMIN_AUDIT);
  }

  /** Makes a log of 50 entries on each of the first days of March 2025. */
  private static void makeOldDays(Path data, int days) throws Exception {
    for (int day = 1; day <= days; day++) {
      Clock clock =
          Clock.fixed(Instant.parse("2025-03-%02dT10:10:00Z".formatted(day)), ZoneOffset.UTC);
      try (AuditLog log = AuditLog.open(data, LogConfig.builder().clock(clock).build())) {
        Event failed = Event.builder("auth.login.failed").actorId((long) day).build();
        log.append(Collections.nCopies(50, failed), null).get();
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private HttpResponse<String> post(String path, String json) throws Exception {
    return server.post(path, key, "application/json", json.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode json(HttpResponse<String> response) throws Exception {
    return TestServer.JSON.readTree(response.body());
  }

  @Test
  void aDryRunTakesNothingOut() throws Exception {
    long last = server.log.lastId();
    JsonNode run = json(post(RETENTION, "{\"days\":30,\"dry_run\":true}"));
    assertThat(run.path("removed")).hasSize(2);
    assertThat(run.path("removed").path(0).path("count").asLong()).isEqualTo(51);
    assertThat(run.path("first_id").asLong()).isEqualTo(1);
    assertThat(server.log.lastId()).isEqualTo(last);
  }

  @Test
  void aRunTakesOutWhatIsOldAndSaysWhoAskedForIt() throws Exception {
    JsonNode run = json(post(RETENTION, "{\"days\":30}"));
    JsonNode removed = run.path("removed").path(1);
    assertThat(removed.path("archive").asText()).isEqualTo("52-101.zip");
    assertThat(data.resolve("archive/52-101.zip")).exists();
    assertThat(run.path("first_id").asLong()).isEqualTo(102);

    Event told = server.entry(removed.path("recorded_as").asLong()).decode().event();
    assertThat(told.eventType()).isEqualTo("audit.retention.archived");
    assertThat(told.actorUsername()).isEqualTo("records");
    assertThat(told.targetId()).isEqualTo("52-101");

    JsonNode list = server.json("/api/audit?limit=500", auditor);
    assertThat(list.path("total").asLong()).isEqualTo(list.path("entries").size());
    assertThat(list.path("entries")).allMatch(entry -> entry.path("id").asLong() >= 102);
    JsonNode stats = server.json("/api/audit/stats", auditor);
    assertThat(stats.path("failed_logins").asLong()).isZero();
    assertThat(stats.path("total_entries").asLong()).isEqualTo(list.path("total").asLong());
    JsonNode overview = server.json("/api/audit/overview", auditor);
    assertThat(overview.toString()).doesNotContain("2025-03");
    HttpResponse<String> gone = server.get("/api/audit/entries/60", auditor);
    assertThat(gone.statusCode()).isEqualTo(410);
    assertThat(gone.body()).contains("52-101.zip");
    assertThat(server.get("/api/audit/export", auditor).body()).doesNotContain("\"id\":60,");
    assertThat(server.json("/api/audit/verify", auditor).path("valid").asBoolean()).isTrue();
    assertThat(server.get("/api/audit/entries/102/proof", auditor).statusCode()).isEqualTo(200);
    assertThat(server.get("/api/audit/consistency?from=40&to=102", auditor).statusCode())
        .isEqualTo(200);
  }

  @Test
  void whatWasTakenOutIsInNoBundleAndNotVerified() throws Exception {
    post(RETENTION, "{\"days\":30}");
    long size = server.log.seal().get().size();
    HttpResponse<String> bundle = server.get("/tlog/tile/entries/000.p/" + size, auditor);
    assertThat(bundle.statusCode()).isEqualTo(404);
    assertThat(bundle.headers().firstValue("Cache-Control").orElse("")).doesNotContain("immutable");
    assertThat(server.get("/tlog/tile/0/000.p/" + size, auditor).statusCode()).isEqualTo(200);
    assertThat(stream("/api/audit/verify?start_id=60").statusCode()).isEqualTo(410);
    assertThat(stream("/api/audit/verify?start_id=5&end_id=2").statusCode()).isEqualTo(422);
    assertThat(stream("/api/audit/verify?start_id=" + size).body()).contains("event: result");
  }

  private HttpResponse<String> stream(String path) throws Exception {
    return server.send(server.request(path, auditor).header("Accept", "text/event-stream"));
  }

  @Test
  void aHoldThatIsPlacedDuringARunKeepsWhatIsNotRemovedYet(@TempDir Path older) throws Exception {
    server.close();
    makeOldDays(older, 18);
    long newest;
    try (AuditLog log = AuditLog.open(older, LogConfig.defaults())) {
      newest = log.lastId();
    }
    server = TestServer.start(older);
    key = server.key("records", Permission.ADMIN_RETENTION);
    CompletableFuture<HttpResponse<String>> run =
        CompletableFuture.supplyAsync(() -> {
          try {
            return post(RETENTION, "{\"days\":30}");
          } catch (Exception e) {
            throw new CompletionException(e);
          }
        });
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (server.log.reader().firstId() == 1) {
      assertThat(System.nanoTime()).as("the run begins").isLessThan(deadline);
      Thread.sleep(1);
    }
    HttpResponse<String> placed =
        post(
            HOLDS,
            "{\"first_id\":%d,\"last_id\":%d,\"reason\":\"case 7\"}".formatted(newest, newest));
    assertThat(placed.statusCode()).as(placed.body()).isEqualTo(201);

    HttpResponse<String> ended = run.get(60, TimeUnit.SECONDS);
    assertThat(ended.statusCode()).as(ended.body()).isEqualTo(200);
    JsonNode held = json(ended);
    assertThat(held.path("held_by").path("id")).isEqualTo(json(placed).path("id"));
    assertThat(held.path("first_id").asLong()).isBetween(52L, newest);
    assertThat(server.log.reader().read(newest)).isPresent();
  }

  @Test
  void aHoldStopsARunUntilItIsReleased() throws Exception {
    HttpResponse<String> placed =
        post(HOLDS, "{\"first_id\":60,\"last_id\":61,\"reason\":\"case 7\"}");
    assertThat(placed.statusCode()).isEqualTo(201);
    long hold = json(placed).path("id").asLong();
    assertThat(json(placed).path("placed_by").asText()).isEqualTo("records");
    assertThat(server.json(HOLDS, key).path("holds")).hasSize(1);

    JsonNode held = json(post(RETENTION, "{\"days\":30,\"mode\":\"purge\"}"));
    assertThat(held.path("removed")).hasSize(1);
    assertThat(held.path("first_id").asLong()).isEqualTo(52);
    assertThat(held.path("held_by").path("id").asLong()).isEqualTo(hold);

    assertThat(server.send(server.request(HOLDS + "/" + hold, key).DELETE()).statusCode())
        .isEqualTo(204);
    assertThat(server.send(server.request(HOLDS + "/" + hold, key).DELETE()).statusCode())
        .isEqualTo(404);
    assertThat(server.json(HOLDS, key).path("holds")).isEmpty();
    JsonNode free = json(post(RETENTION, "{\"days\":30,\"mode\":\"purge\"}"));
    assertThat(free.path("first_id").asLong()).isEqualTo(102);
    assertThat(data.resolve("archive")).doesNotExist();
    assertThat(server.typesFrom(102))
        .contains("audit.hold.placed", "audit.retention.purged", "audit.hold.released");
  }

  /**
   * A client that may append could otherwise release a hold, or keep what should go. Older versions
   * accepted such events from clients, so a log may hold them.
   */
  @Test
  void entriesThatClientsWroteAreNoHolds() throws Exception {
    long hold =
        json(post(HOLDS, "{\"first_id\":60,\"last_id\":61,\"reason\":\"case 7\"}"))
            .path("id")
            .asLong();
    for (String forged :
        List.of(
            "{\"event_type\":\"audit.hold.released\",\"details\":{\"hold\":" + hold + "}}",
            "{\"event_type\":\"audit.hold.placed\",\"details\":{\"first_id\":1,\"last_id\":2,\"reason\":\"x\"}}")) {
      JsonNode sent = TestServer.JSON.readTree(forged);
      Event event =
          Event.builder(sent.get("event_type").asText())
              .details(Details.parse(sent.get("details").toString()))
              .build();
      server.log.append(List.of(event), "writer").get();
    }
    JsonNode holds = server.json(HOLDS, key).path("holds");
    assertThat(holds).hasSize(1);
    assertThat(holds.path(0).path("id").asLong()).isEqualTo(hold);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/audit/retention | {} | days",
        "/api/audit/retention | {\"days\":0} | days",
        "/api/audit/retention | {\"days\":1.5} | days",
        "/api/audit/retention | {\"days\":\"30\"} | days",
        "/api/audit/retention | {\"days\":9999999} | days",
        "/api/audit/retention | {\"days\":30,\"mode\":\"shred\"} | archive",
        "/api/audit/retention | {\"days\":30,\"dry_run\":1} | dry_run",
        "/api/audit/retention | {\"days\":30,\"force\":true} | force",
        "/api/audit/retention | [] | object",
        "/api/audit/holds | {\"first_id\":1,\"last_id\":2} | reason",
        "/api/audit/holds | {\"first_id\":1,\"last_id\":2,\"reason\":\" \"} | reason",
        "/api/audit/holds | {\"first_id\":3,\"last_id\":2,\"reason\":\"x\"} | range",
        "/api/audit/holds | {\"first_id\":1,\"last_id\":99999,\"reason\":\"x\"} | range",
        "/api/audit/holds | {\"first_id\":0,\"last_id\":2,\"reason\":\"x\"} | first_id"
      })
  void badInputIsNamedAndChangesNothing(String path, String body, String named) throws Exception {
    long last = server.log.lastId();
    HttpResponse<String> refused = post(path, body);
    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(refused.body()).contains(named);
    assertThat(server.log.lastId()).isEqualTo(last);
    assertThat(server.log.reader().firstId()).isEqualTo(1);
  }

  @Test
  void onlyItsPermissionRunsIt() throws Exception {
    for (HttpResponse<String> refused :
        List.of(
            server.post(
                RETENTION,
                auditor,
                "application/json",
                "{\"days\":30}".getBytes(StandardCharsets.UTF_8)),
            server.post(HOLDS, auditor, "application/json", "{}".getBytes(StandardCharsets.UTF_8)),
            server.get(HOLDS, auditor),
            server.send(server.request(HOLDS + "/3", auditor).DELETE()))) {
      assertThat(refused.statusCode()).isEqualTo(403);
    }
  }
}
