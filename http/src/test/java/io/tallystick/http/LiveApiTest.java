package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.service.Actor;
import io.tallystick.service.access.Permission;
import io.tallystick.service.retention.RetentionAdministration;
import io.tallystick.store.AuditLog;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.LogConfig;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams of server-sent events: what arrives, and a verification under way. */
@Timeout(60)
class LiveApiTest {
  @TempDir Path data;
  private final HttpClient client = HttpClient.newHttpClient();
  private TestServer server;
  private String key;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    key = server.key("reader", Permission.ADMIN_AUDIT);
  }

  @AfterEach
  void stop() throws Exception {
    client.shutdownNow();
    server.close();
  }

  /** A stream that is read event by event. */
  private record Stream(int status, BufferedReader in) {
    /** The next event's name and data; {@code null} at the stream's end. */
    @Nullable JsonNode next(String name) throws Exception {
      String event = "";
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("event: ")) {
          event = line.substring("event: ".length());
        } else if (line.startsWith("data: ")) {
          assertThat(event).isEqualTo(name);
          return TestServer.JSON.readTree(line.substring("data: ".length()));
        }
      }
      return null;
    }

    JsonNode expect(String name) throws Exception {
      JsonNode data = next(name);
      assertThat(data).isNotNull();
      return data == null ? TestServer.JSON.nullNode() : data;
    }
  }

  private Stream open(String path) throws Exception {
    HttpRequest request = server.request(path, key).header("Accept", "text/event-stream").build();
    HttpResponse<InputStream> answer =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    return new Stream(
        answer.statusCode(),
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8)));
  }

  @Test
  void entriesArriveAsTheyAreAppendedAndOnlyThoseThatMatch() throws Exception {
    long before = server.log.lastId();
    Stream all = open("/api/audit/live?after_id=" + before);
    Stream some = open("/api/audit/live?event_type=job.*");
    assertThat(all.status()).isEqualTo(200);
    for (String type : List.of("auth.logout", "job.submitted", "auth.logout")) {
      server.log.append(Event.of(type)).get();
    }
    for (int i = 1; i <= 3; i++) {
      assertThat(all.expect("entry").get("id").asLong()).isEqualTo(before + i);
    }
    JsonNode entry = some.expect("entry");
    assertThat(entry).isEqualTo(server.json("/api/audit/entries/" + (before + 2), key));
  }

  @Test
  void whatNobodyCouldReadIsLeftOutAndSaid() throws Exception {
    long before = server.log.lastId();
    Stream all = open("/api/audit/live?after_id=" + before);
    server.log.append(Events.ordinary(500), null).get();
    assertThat(all.expect("more").get("last_id").asLong()).isEqualTo(before + 500);
    server.log.append(Event.of("auth.logout")).get();
    assertThat(all.expect("entry").get("id").asLong()).isEqualTo(before + 501);
  }

  @Test
  void aListenerThatIsThereGetsNothingThatWasErasedMeanwhile() throws Exception {
    Event hers =
        Event.builder("auth.logout")
            .actorUsername("zwetschge")
            .personal(PersonalField.of(List.of("actor_username")))
            .build();
    long id = server.log.append(hers).get().firstId();
    Stream live = open("/api/audit/live?after_id=" + (id - 1));
    assertThat(live.expect("entry").toString()).contains("zwetschge");
    String eraser = server.key("privacy", Permission.ADMIN_ERASURE);
    String request = "{\"actor_username\":\"zwetschge\",\"reason\":\"asked\"}";
    byte[] body = request.getBytes(StandardCharsets.UTF_8);
    assertThat(server.post("/api/audit/erasures", eraser, "application/json", body).statusCode())
        .isEqualTo(200);
    server.log.append(Event.of("job.submitted")).get();
    String after = "";
    while (!after.contains("job.submitted")) {
      after = live.expect("entry").toString();
      assertThat(after).doesNotContain("zwetschge");
    }
    assertThat(open("/api/audit/live?after_id=" + (id - 1)).expect("entry").toString())
        .contains("\"erased\":{\"actor_username\":")
        .doesNotContain("zwetschge");
  }

  @Test
  void aStreamEndsWithItsKeyAndWithTheServer() throws Exception {
    Stream revoked = open("/api/audit/live");
    server.keys.revoke(key.split("_", -1)[1]);
    assertThat(revoked.next("entry")).isNull();
    key = server.key("second", Permission.ADMIN_AUDIT);
    Stream stopped = open("/api/audit/live");
    server.server.close();
    assertThat(stopped.next("entry")).isNull();
  }

  @Test
  void aStreamBehindRetentionGoesOnWithWhatIsThere() throws Exception {
    server.close();
    Path old = data.resolve("old");
    for (int day = 1; day <= 2; day++) {
      Clock clock = Clock.fixed(Instant.parse("2025-03-0" + day + "T10:10:00Z"), ZoneOffset.UTC);
      try (AuditLog log = AuditLog.open(old, LogConfig.builder().clock(clock).build())) {
        log.append(Collections.nCopies(50, Event.of("auth.logout")), null).get();
      }
    }
    server = TestServer.start(old);
    key = server.key("reader", Permission.ADMIN_AUDIT);
    Stream before = open("/api/audit/live?after_id=40&event_type=auth.*");
    for (int id = 41; id <= 101; id++) {
      assertThat(before.expect("entry").get("id").asLong()).isEqualTo(id);
    }
    new RetentionAdministration(server.log, server.index, Clock.systemUTC())
        .run(1, Retention.Mode.PURGE, false, Actor.SERVER);
    long firstId = server.log.reader().firstId();
    assertThat(firstId).isGreaterThan(50);
    Stream behind = open("/api/audit/live?after_id=40");
    assertThat(behind.expect("removed").get("first_id").asLong()).isEqualTo(firstId);
    assertThat(behind.expect("entry").get("id").asLong()).isEqualTo(firstId);
    server.log.append(Event.of("auth.logout")).get();
    assertThat(before.expect("entry").get("id").asLong()).isEqualTo(server.log.lastId());
  }

  @Test
  void otherQuestionsAreRefused() throws Exception {
    assertThat(server.get("/api/audit/live?limit=5", key).statusCode()).isEqualTo(422);
    assertThat(server.get("/api/audit/live", server.key(Permission.AUDIT_APPEND)).statusCode())
        .isEqualTo(403);
  }

  @Test
  void verificationTellsHowFarItIsAndIsRemembered() throws Exception {
    JsonNode none = server.json("/api/audit/verify/last", key);
    assertThat(none.get("report").isNull()).isTrue();
    Stream stream = open("/api/audit/verify?start_id=1");
    JsonNode progress = stream.expect("progress");
    assertThat(progress.get("checked").asLong()).isEqualTo(progress.get("total").asLong());
    JsonNode report = stream.expect("result");
    assertThat(report.get("valid").asBoolean()).isTrue();
    assertThat(report.at("/checkpoint/size").asLong()).isEqualTo(server.log.lastId());
    JsonNode last = server.json("/api/audit/verify/last", key);
    assertThat(last.get("report")).isEqualTo(report);
    assertThat(last.get("by").asText()).isEqualTo("reader");
    assertThat(last.get("finished_at").asText()).isNotEmpty();
  }
}
