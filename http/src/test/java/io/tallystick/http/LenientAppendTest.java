package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an attacker makes too long or malformed must not keep his attempts out of the log. */
class LenientAppendTest {
  @TempDir Path data;
  private TestServer server;
  private String key = "";

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    key = server.key(Permission.AUDIT_APPEND);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  /** A hundred failed logins, four of which have a text that no field takes. */
  private static String hundred() {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      String extra =
          switch (i) {
            case 10 -> ",\"actor_username\":\"" + "n".repeat(3_000) + "\"";
            case 20 -> ",\"action\":\"a\\u0000b\"";
            case 30 -> ",\"target_id\":\"\\ud83d\"";
            case 40 -> ",\"user_agent\":\"" + "u".repeat(513) + "\"";
            default -> "";
          };
      events.add(
          "{\"event_type\":\"auth.login.failed\",\"session_id\":\"" + i + "\"" + extra + "}");
    }
    return "[" + String.join(",", events) + "]";
  }

  private HttpResponse<String> send(String key, String query, String body) throws Exception {
    return server.post("/api/audit/events" + query, key, "application/json", body.getBytes(UTF_8));
  }

  private static JsonNode read(HttpResponse<String> response) throws Exception {
    return TestServer.JSON.readTree(response.body());
  }

  @Test
  void strictRefusesAllAndListsEveryError() throws Exception {
    long lastId = server.log.lastId();
    HttpResponse<String> refused = send(key, "", hundred());
    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(read(refused).get("errors").findValuesAsText("index"))
        .containsExactly("10", "20", "30", "40");
    assertThat(server.log.lastId()).isEqualTo(lastId);
  }

  @Test
  void partialWritesNinetySixAsOneBlockAndRejectsFour() throws Exception {
    long lastId = server.log.lastId();
    HttpResponse<String> some = send(key, "?partial=true&wait=sealed", hundred());
    assertThat(some.statusCode()).isEqualTo(207);
    JsonNode answer = read(some);
    assertThat(answer.get("appended").asInt()).isEqualTo(96);
    assertThat(answer.get("rejected").findValuesAsText("index"))
        .containsExactly("10", "20", "30", "40");
    assertThat(answer.at("/rejected/0/errors/0/field").asText()).isEqualTo("actor_username");
    assertThat(answer.at("/rejected/3/errors/0/message").asText()).contains("512", "513");
    assertThat(server.log.lastId()).isEqualTo(lastId + 96);
    assertThat(server.get("/metrics", server.key(Permission.ADMIN_AUDIT)).body())
        .contains("tallystick_appended_events_total 96\n", "tallystick_rejected_events_total 4\n");
    for (JsonNode receipt : answer.get("entries")) {
      assertThat(server.entry(receipt.get("id").asLong()).decode().text(EntryField.SESSION_ID))
          .isEqualTo(receipt.get("index").asText());
      assertThat(receipt.has("proof")).isTrue();
    }
  }

  @Test
  void truncateWritesAllAndNamesWhatItAltered() throws Exception {
    long lastId = server.log.lastId();
    HttpResponse<String> all = send(key, "?oversize=truncate", hundred());
    assertThat(all.statusCode()).isEqualTo(201);
    assertThat(read(all).get("appended").asInt()).isEqualTo(100);
    Event login = server.entry(lastId + 11).decode().event();
    assertThat(login.actorUsername()).isEqualTo("n".repeat(256));
    assertThat(login.altered()).containsExactly(EntryField.ACTOR_USERNAME);
    assertThat(server.entry(lastId + 21).decode().event().action()).isEqualTo("a\ufffdb");
    assertThat(server.entry(lastId + 31).decode().event().targetId()).isEqualTo("\ufffd");
    assertThat(server.entry(lastId + 41).decode().event().userAgent()).hasSize(512);
    assertThat(server.entry(lastId + 1).decode().event().altered()).isEmpty();
  }

  @Test
  void aLenientKeyDoesBothUntilARequestSaysOtherwise() throws Exception {
    String admin = server.key(Permission.ADMIN_KEYS, Permission.AUDIT_APPEND);
    HttpResponse<String> made =
        server.post(
            "/api/audit/keys",
            admin,
            "application/json",
            "{\"name\":\"edge\",\"permissions\":[\"audit.append\"],\"lenient\":true}"
                .getBytes(UTF_8));
    assertThat(made.statusCode()).isEqualTo(201);
    assertThat(read(made).get("lenient").asBoolean()).isTrue();
    String lenient = read(made).get("key").asText();
    assertThat(String.valueOf(server.entry(server.log.lastId()).decode().event().details()))
        .contains("\"lenient\":true");
    String body = hundred().replace("\"session_id\":\"50\"", "\"session_id\":50");
    assertThat(send(lenient, "", body).statusCode()).isEqualTo(207);
    assertThat(read(send(lenient, "", body)).get("appended").asInt()).isEqualTo(99);
    assertThat(send(lenient, "?partial=false", body).statusCode()).isEqualTo(422);
    assertThat(read(send(lenient, "?oversize=refuse", body)).get("appended").asInt()).isEqualTo(95);
    AccessKeys stored = AccessKeys.open(data.resolve("access.json"), Clock.systemUTC());
    assertThat(stored.list().stream().filter(k -> k.name().equals("edge")))
        .singleElement()
        .matches(one -> one.lenient());
    assertThat(stored.list().stream().filter(one -> one.lenient())).hasSize(1);
  }

  @Test
  void whatIsNotJsonStaysRefused() throws Exception {
    String both = "?oversize=truncate&partial=true";
    assertThat(send(key, both, "[{\"event_type\":\"a\"},").statusCode()).isEqualTo(422);
    assertThat(send(key, both, "{\"event_type\":\"a\",\"action\":1}").statusCode()).isEqualTo(422);
    assertThat(send(key, "?partial=maybe", "[]").statusCode()).isEqualTo(422);
    assertThat(send(key, "?oversize=cut", "[]").statusCode()).isEqualTo(422);
    long lastId = server.log.lastId();
    HttpResponse<String> lines =
        server.send(
            server
                .request("/api/audit/events" + both, key)
                .header("Content-Type", "application/x-ndjson")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"event_type\":\"a\"}\n{nonsense\n{\"event_type\":\"b\"}\n")));
    assertThat(lines.statusCode()).isEqualTo(207);
    assertThat(server.typesFrom(lastId + 1)).containsExactly("a", "b");
    HttpResponse<String> none = send(key, both, "[{},{}]");
    assertThat(none.statusCode()).isEqualTo(207);
    assertThat(read(none).get("first_id").isNull()).isTrue();
    assertThat(read(none).get("entries")).isEmpty();
  }
}
