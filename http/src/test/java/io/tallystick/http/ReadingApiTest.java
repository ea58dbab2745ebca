package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadingApiTest extends ReadingFixture {
  @Test
  void theListHasEveryFieldOfEveryEntryNewestFirst() throws Exception {
    JsonNode list = server.json("/api/audit", key);
    assertThat(list.get("total").asLong()).isEqualTo(server.log.lastId());
    assertThat(list.get("has_more").asBoolean()).isFalse();
    assertThat(list.get("next_before_id").isNull()).isTrue();
    assertThat(list.get("entries")).hasSize((int) server.log.lastId());
    JsonNode opened = list.get("entries").get(1);
    assertThat(
            Stream.of(opened.fieldNames())
                .flatMap(names -> {
                  List<String> all = new ArrayList<>();
                  names.forEachRemaining(all::add);
                  return all.stream();
                }))
        .containsExactly(
            "id",
            "previous_hash",
            "timestamp",
            "event_type",
            "outcome",
            "severity",
            "tenant",
            "actor_type",
            "actor_id",
            "actor_username",
            "actor_ip",
            "user_agent",
            "actor_host",
            "session_id",
            "target_type",
            "target_id",
            "action",
            "target_name",
            "occurred_at",
            "event_id",
            "request_id",
            "trace_id",
            "source",
            "source_seq",
            "altered",
            "details",
            "personal",
            "erased",
            "damaged",
            "hash");
    assertThat(opened.get("action").asText()).isEqualTo("open");
    assertThat(opened.get("source").asText()).isEqualTo("writer");
    assertThat(opened.get("actor_id").isNull()).isTrue();
    assertThat(opened.get("timestamp").asText()).matches(".*\\.\\d{9}Z");
    assertThat(opened.get("hash").asText())
        .isEqualTo(server.entry(first + 4).hash().toString())
        .isEqualTo(list.get("entries").get(0).get("previous_hash").asText());
    assertThat(list.get("entries").get(2).get("action").asText()).isEqualTo("user.updated");
    assertThat(server.get("/api/audit", key).body())
        .contains("\"details\":{\"n\":1.50,\"b\":[\"ü\",null]}");
  }

  @Test
  void filtersNarrowTheList() throws Exception {
    String today = LocalDate.now(ZoneOffset.UTC).toString();
    String source = "/api/audit?source=writer&";
    assertThat(ids(source + "event_type=user.deleted")).containsExactly(2L);
    assertThat(ids(source + "event_type=user.*&event_type=door.opened"))
        .containsExactly(4L, 3L, 2L);
    assertThat(ids(source + "actor_id=7")).containsExactly(3L, 1L);
    assertThat(ids(source + "actor_username=ann")).containsExactly(1L);
    assertThat(ids(source + "actor_username=ANN")).containsExactly(1L);
    assertThat(ids(source + "actor_username=%EF%BC%A1nn")).containsExactly(1L);
    assertThat(ids(source + "actor_username=An*")).containsExactly(1L);
    assertThat(ids(source + "actor_username=ann**")).isEmpty();
    assertThat(ids(source + "request_id=R1")).isEmpty();
    assertThat(ids(source + "details.n=1.50")).hasSize(1);
    assertThat(ids(source + "details.b=%C3%9C")).hasSize(1);
    assertThat(ids(source + "details.b=x")).isEmpty();
    assertThat(ids(source + "details.b=null&details.n=1.5*")).hasSize(1);
    assertThat(ids(source + "q=ANN")).containsExactly(1L);
    assertThat(ids(source + "q=ann+nobody")).isEmpty();
    assertThat(ids(source + "request_id=r*")).containsExactly(5L);
    assertThat(ids("/api/audit?source=wri*&actor_ip=203.0.113.0/24")).containsExactly(0L);
    assertThat(ids(source + "actor_ip=203.0.113.0/24")).containsExactly(0L);
    assertThat(ids(source + "actor_ip=%3A%3Affff%3A203.0.113.9")).containsExactly(0L);
    assertThat(ids(source + "actor_ip=2001:db8::/32")).containsExactly(5L);
    assertThat(ids(source + "actor_username=%3Droot")).containsExactly(0L);
    assertThat(ids(source + "actor_ip=2001:db8:0::1")).containsExactly(5L);
    assertThat(ids(source + "target_type=user&target_id=7")).containsExactly(3L, 2L);
    assertThat(ids(source + "request_id=r1")).containsExactly(5L);
    assertThat(ids(source + "security=true")).containsExactly(5L, 0L);
    assertThat(ids(source + "security=false")).containsExactly(4L, 3L, 2L, 1L);
    assertThat(ids(source + "security_only=true")).containsExactly(5L, 0L);
    assertThat(ids(source + "security_only=false")).hasSize(6);
    assertThat(ids(source + "order=asc&limit=2")).containsExactly(0L, 1L);
    assertThat(ids(source + "limit=2&offset=1")).containsExactly(4L, 3L);
    assertThat(ids(source + "before_id=" + (first + 2))).containsExactly(1L, 0L);
    assertThat(ids(source + "after_id=" + (first + 3))).containsExactly(5L, 4L);
    assertThat(ids(source + "since=2015-12-10")).hasSize(6);
    assertThat(ids(source + "since=2015-12-10T06:55:46&until=" + today)).hasSize(6);
    assertThat(ids(source + "since=2015-12-10T06:55:46%2B01:00")).hasSize(6);
    assertThat(ids(source + "until=2015-12-10")).isEmpty();
    assertThat(ids("/api/audit/security?source=writer")).containsExactly(5L, 0L);
    assertThat(ids("/api/audit/user/7")).containsExactly(3L, 2L, 1L);
    assertThat(ids("/api/audit/user/7?event_type=user.*&limit=1")).containsExactly(3L);
    assertThat(server.get("/api/audit/", key).statusCode()).isEqualTo(200);
  }

  @Test
  void anEntrysOwnTimeIsWithinUntilAndSince() throws Exception {
    String time = server.json("/api/audit/entries/" + (first + 2), key).get("timestamp").asText();
    assertThat(ids("/api/audit?source=writer&until=" + time)).containsExactly(2L, 1L, 0L);
    assertThat(ids("/api/audit?source=writer&since=" + time)).containsExactly(5L, 4L, 3L, 2L);
  }

  @Test
  void aTimeAsTheTablePrintsItIsWithinUntilAndSince() throws Exception {
    String time = server.json("/api/audit/entries/" + (first + 2), key).get("timestamp").asText();
    String printed = time.substring(0, 23).replace("T", "%20");
    assertThat(ids("/api/audit?source=writer&until=" + printed)).contains(2L, 1L, 0L);
    assertThat(ids("/api/audit?source=writer&since=" + printed)).contains(5L, 4L, 3L, 2L);
    assertThat(ids("/api/audit?source=writer&since=1h")).hasSize(6);
    assertThat(ids("/api/audit?source=writer&until=1h")).isEmpty();
  }

  @Test
  void aDeniedPermissionIsCounted() throws Exception {
    String writer = server.key(Permission.AUDIT_APPEND);
    assertThat(server.get("/api/audit", writer).statusCode()).isEqualTo(403);
    assertThat(server.json("/api/audit/stats", key).get("permission_denials_24h").asLong())
        .isEqualTo(1);
  }

  @Test
  void pagesFollowEachOtherByTheirCursor() throws Exception {
    List<Long> seen = new ArrayList<>();
    String next = "";
    for (int page = 0; page < 3; page++) {
      JsonNode list = server.json("/api/audit?source=writer&limit=2" + next, key);
      assertThat(list.get("total").asLong()).isEqualTo(6);
      assertThat(list.get("has_more").asBoolean()).isEqualTo(page < 2);
      list.get("entries").forEach(e -> seen.add(e.get("id").asLong() - first));
      next = "&before_id=" + list.get("next_before_id").asText();
    }
    assertThat(seen).containsExactly(5L, 4L, 3L, 2L, 1L, 0L);
  }

  @Test
  void whatWasAcknowledgedIsInTheNextList() throws Exception {
    String writer = server.key(Permission.AUDIT_APPEND);
    for (int i = 0; i < 50; i++) {
      HttpResponse<String> response = server.append(writer, "{\"event_type\":\"job.submitted\"}");
      long id = TestServer.JSON.readTree(response.body()).get("id").asLong();
      JsonNode list = server.json("/api/audit?limit=1&event_type=job.submitted", key);
      assertThat(list.get("entries").get(0).get("id").asLong()).isEqualTo(id);
    }
  }

  @Test
  void typesAreTheKnownOnesAndThoseThatOccur() throws Exception {
    JsonNode types = server.json("/api/audit/types", key).get("event_types");
    ObjectNode byValue = TestServer.JSON.createObjectNode();
    types.forEach(type -> byValue.set(type.get("value").asText(), type));
    assertThat(byValue).hasSize(types.size());
    JsonNode failed = byValue.get("auth.login.failed");
    assertThat(failed.get("name").asText()).isEqualTo("AUTH_LOGIN_FAILED");
    assertThat(failed.get("category").asText()).isEqualTo("auth");
    assertThat(failed.get("description").asText()).isEqualTo("Failed login attempt");
    assertThat(failed.get("security").asBoolean()).isTrue();
    assertThat(failed.get("count").asLong()).isEqualTo(1);
    assertThat(byValue.get("job.approved").get("count").asLong()).isZero();
    assertThat(byValue.get("door.opened").get("count").asLong()).isEqualTo(1);
  }

  @Test
  void statisticsCountThePeriod() throws Exception {
    JsonNode stats = server.json("/api/audit/stats", key);
    long lastId = server.log.lastId();
    assertThat(stats.get("total_entries").asLong()).isEqualTo(lastId);
    assertThat(stats.get("last_24h").asLong()).isEqualTo(lastId);
    assertThat(stats.get("by_type").get("user.deleted").asLong()).isEqualTo(1);
    assertThat(stats.get("by_category").get("user").asLong()).isEqualTo(2);
    assertThat(stats.get("security_events").asLong()).isEqualTo(2);
    assertThat(stats.get("failed_logins").asLong()).isEqualTo(1);
    assertThat(stats.get("indexed_through").asLong()).isEqualTo(lastId);
    assertThat(stats.get("first_entry").asText())
        .isEqualTo(server.json("/api/audit/entries/1", key).get("timestamp").asText());
    assertThat(stats.get("last_entry").asText()).matches(".*\\.\\d{9}Z");
    assertThat(stats.get("top_actors").get(0).get("count").asLong()).isPositive();
    long days = 0;
    for (JsonNode day : stats.get("per_day")) {
      days += day.asLong();
    }
    assertThat(days).isEqualTo(lastId);

    assertThat(stats.get("entries_24h")).isEqualTo(stats.get("last_24h"));
    assertThat(stats.get("failed_logins_24h").asLong()).isEqualTo(1);
    assertThat(stats.get("permission_denials_24h").asLong()).isZero();

    JsonNode none = server.json("/api/audit/stats?until=2015-12-10", key);
    assertThat(none.get("failed_logins").asLong()).isZero();
    assertThat(none.get("failed_logins_24h").asLong()).as("whatever the period").isEqualTo(1);
    assertThat(none.get("total_entries").asLong()).isZero();
    assertThat(none.get("first_entry").isNull()).isTrue();
  }

  @Test
  void verifyFindsNothingInAGoodLogAndTheFaultInABrokenOne() throws Exception {
    JsonNode good = server.json("/api/audit/verify", key);
    assertThat(good.get("valid").asBoolean()).isTrue();
    assertThat(good.get("entries_checked").asLong()).isEqualTo(server.log.lastId());
    assertThat(good.get("broken_links")).isEmpty();
    assertThat(good.get("first_id").asLong()).isEqualTo(1);
    assertThat(good.get("last_id").asLong()).isEqualTo(server.log.lastId());
    JsonNode range = server.json("/api/audit/verify?start_id=2&end_id=3", key);
    assertThat(range.get("entries_checked").asLong()).isEqualTo(2);

    JsonNode beyond = server.json("/api/audit/verify?start_id=1000", key);
    assertThat(beyond.get("valid").asBoolean()).isFalse();

    long id = first + 4;
    change("door.opened", "door.closed");
    JsonNode broken = server.json("/api/audit/verify", key);
    assertThat(broken.get("valid").asBoolean()).isFalse();
    assertThat(broken.get("broken_links")).isNotEmpty();
    JsonNode link = broken.get("broken_links").get(0);
    assertThat(link.get("id").asLong()).isLessThanOrEqualTo(id);
    assertThat(link.get("kind").asText()).isEqualTo("block");
    assertThat(link.get("reason").asText()).isNotEmpty();
  }

  @Test
  void anEntryIsAnsweredAsJsonOrAsItsExactBytes() throws Exception {
    String path = "/api/audit/entries/" + (first + 4);
    assertThat(server.json(path, key).get("event_type").asText()).isEqualTo("door.opened");
    HttpResponse<byte[]> bytes =
        server.sendForBytes(server.request(path, key).header("Accept", "application/octet-stream"));
    assertThat(bytes.body()).isEqualTo(server.entry(first + 4).bytes());
    assertThat(bytes.headers().firstValue("Content-Type")).hasValue("application/octet-stream");
    HttpResponse<String> none = server.get("/api/audit/entries/1000", key);
    assertThat(none.statusCode()).isEqualTo(404);
    assertThat(none.body()).contains("no entry with this id");
  }

  @Test
  void wrongParametersAreNamed() throws Exception {
    Map<String, String> bad =
        Map.ofEntries(
            Map.entry("/api/audit?limit=501", "limit must be between 1 and 500, but was 501"),
            Map.entry("/api/audit?limit=0", "between 1 and 500, but was 0"),
            Map.entry("/api/audit?limit=ten", "a whole number (between 1 and 500)"),
            Map.entry(
                "/api/audit?limit=5&limit=6", "limit must be given once, but was given 2 times"),
            Map.entry("/api/audit?offset=-1", "at least 0, but was -1"),
            Map.entry("/api/audit?since=tomorrow", "since must be a date"),
            Map.entry("/api/audit?since=2015-13-10", "since must be a date"),
            Map.entry("/api/audit?since=2015-12-10T06:55:46+01:00", "%2B"),
            Map.entry("/api/audit?since=2016-01-02&until=2016-01-01", "later than until"),
            Map.entry("/api/audit?outcome=denied", "success or failure or unknown"),
            Map.entry("/api/audit?outcome=succ*", "success or failure or unknown"),
            Map.entry("/api/audit?severity_min=WARN", "informational"),
            Map.entry("/api/audit?details.=1", "a path of 1 to 256 bytes"),
            Map.entry("/api/audit?details." + "k".repeat(257) + "=1", "a path of 1 to 256 bytes"),
            Map.entry("/api/audit?details.a=" + "v".repeat(257) + "*", "at most 256 bytes"),
            Map.entry("/api/audit?details.a=1&details.a=2", "given once, but was given 2 times"),
            Map.entry("/api/audit?q=%2C-%2C", "q must have 1 to 64 words"),
            Map.entry("/api/audit/security?q=" + "a+".repeat(65), "q must have 1 to 64 words"),
            Map.entry("/api/audit/user/7?details.a=1", "details.a"),
            Map.entry(
                "/api/audit?occurred_since=2016-01-02&occurred_until=2016-01-01",
                "occurred_since must not be later than occurred_until"),
            Map.entry("/api/audit?actor_id=", "actor_id must not be empty"),
            Map.entry("/api/audit?actor_ip=localhost", "CIDR range like 10.0.0.0/8"),
            Map.entry("/api/audit?event_type=Auth%20x", "auth.*"),
            Map.entry("/api/audit?event_type=auth*", "auth.*"),
            Map.entry("/api/audit?order=up", "desc or asc"),
            Map.entry("/api/audit?security=1", "true or false"),
            Map.entry("/api/audit?before_id=0", "at least 1, but was 0"),
            Map.entry("/api/audit?evnt_type=x", "evnt_type"),
            Map.entry("/api/audit?actor_username=%ff", "percent-encoded UTF-8"),
            Map.entry("/api/audit?actor_ip=10.0.0.0/33", "from 0 to 32"),
            Map.entry("/api/audit/security?security=false", "security must be true here"),
            Map.entry("/api/audit/user/" + "n".repeat(257), "user_id"),
            Map.entry("/api/audit/user/7?actor_id=7", "actor_id"),
            Map.entry("/api/audit/types?since=2015-12-10", "supported parameters: limit, after"),
            Map.entry("/api/audit/types?limit=1001", "between 1 and 1000, but was 1001"),
            Map.entry("/api/audit/types?after=auth.*", "after must be a type like auth.logout"),
            Map.entry("/api/audit/horizon?since=2015-12-10", "supported parameters: none"),
            Map.entry("/api/audit/stats?limit=1", "since, until"),
            Map.entry(
                "/api/audit/verify?start_id=3&end_id=2",
                "start_id must not be after the end of the range, but was 3"),
            Map.entry("/api/audit/verify?start_id=0", "at least 1, but was 0"),
            Map.entry("/api/audit/entries/first", "a whole number (at least 1)"),
            Map.entry(
                "/api/audit/entries/9223372036854775808", "between 1 and 9223372036854775807"),
            Map.entry("/api/audit/export?limit=5", "limit"),
            Map.entry("/api/audit/export?format=xml", "ndjson or csv or json"));
    long lastId = server.log.lastId();
    for (Map.Entry<String, String> one : bad.entrySet()) {
      HttpResponse<String> response = server.get(one.getKey(), key);
      assertThat(response.statusCode()).as(one.getKey()).isEqualTo(422);
      assertThat(response.headers().firstValue("Content-Type"))
          .hasValue("application/problem+json");
      assertThat(response.body()).as(one.getKey()).contains(one.getValue());
      JsonNode error = TestServer.JSON.readTree(response.body()).get("errors").get(0);
      assertThat(error.get("index").isNull()).isTrue();
      assertThat(error.get("field").asText()).isNotEmpty();
    }
    assertThat(server.log.lastId()).isEqualTo(lastId);
  }

  @Test
  void headHasNoBodyAndOtherMethodsAreRefusedWithWhatIsTaken() throws Exception {
    HttpRequest.Builder head =
        server.request("/api/audit", key).method("HEAD", HttpRequest.BodyPublishers.noBody());
    HttpResponse<String> answer = server.send(head);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
    for (String method : List.of("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND")) {
      HttpResponse<String> refused =
          server.send(
              server
                  .request("/api/audit", key)
                  .method(method, HttpRequest.BodyPublishers.noBody()));
      assertThat(refused.statusCode()).as(method).isEqualTo(405);
      assertThat(refused.headers().firstValue("Allow").orElse("")).contains("GET", "HEAD");
      assertThat(refused.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    }
    for (String path :
        List.of("/nothing", "/api", "/api/audit/nothing", "/api/audit/user", "/index.html")) {
      HttpResponse<String> missing = server.get(path, key);
      assertThat(missing.statusCode()).as(path).isEqualTo(404);
      assertThat(missing.headers().firstValue("Content-Type")).hasValue("application/problem+json");
      assertThat(missing.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    }
  }
}
