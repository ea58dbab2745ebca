package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.cli.terminal.Failure;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each row of the audit-logging document, against a running server and the real command line. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditLoggingDocumentIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> TYPES =
      List.of(
          "auth.login.success",
          "auth.login.failed",
          "auth.logout",
          "auth.session.expired",
          "auth.api_key.used",
          "user.created",
          "user.updated",
          "user.deleted",
          "user.password.changed",
          "user.level.changed",
          "user.permission.changed",
          "api_key.created",
          "api_key.revoked",
          "credential.created",
          "credential.deleted",
          "credential.used",
          "job.submitted",
          "job.cancelled",
          "job.approved",
          "job.rejected");

  private Path data = Path.of("");
  private Tally.Server server;

  @BeforeAll
  void startAndFill(@TempDir Path directory) throws Exception {
    data = directory;
    server = Tally.Server.start(data);
    StringBuilder events = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      for (String type : TYPES) {
        events.append(
            """
            {"event_type":"%s","actor_id":%d,"actor_username":"user%d","actor_ip":"203.0.113.%d","target_type":"%s","target_id":"%d"}
            """
                .formatted(type, 120 + i, i, i, i % 2 == 0 ? "user" : "job", 123 + i % 3));
      }
    }
    HttpResponse<String> appended = server.post(events.toString());
    assertThat(appended.statusCode()).isEqualTo(201);
  }

  @AfterAll
  void stop() throws Exception {
    assertThat(server.stop()).isZero();
  }

  private JsonNode get(String path) throws Exception {
    HttpResponse<String> answer = server.get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private String simpletuner(String... arguments) throws Exception {
    Tally.Result result = Tally.run(server.environment(), "", arguments);
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    return result.out();
  }

  private static List<String> values(JsonNode entries, String field) {
    List<String> values = new ArrayList<>();
    entries.forEach(entry -> values.add(entry.path(field).asText()));
    return values;
  }

  @ParameterizedTest(name = "simpletuner {0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "auth audit list                                      | of 242 entries",
        "auth audit list --event-type auth.login.failed       | of 12 entries",
        "auth audit user 123                                  | of 60 entries",
        "auth audit security                                  | of 12 entries",
        "auth audit stats                                     | failed_logins",
        "auth audit verify                                    | valid: entries 1 to 242",
        "auth audit verify --start-id 100 --end-id 200        | valid: entries 100 to 200"
      })
  void commands(String line, String says) throws Exception {
    assertThat(simpletuner(line.split(" "))).contains(says);
  }

  @ParameterizedTest(name = "GET {0}")
  @CsvSource({
    "/api/audit,entries",
    "/api/audit/stats,total_entries",
    "/api/audit/types,event_types",
    "/api/audit/verify,valid",
    "/api/audit/user/123,entries",
    "/api/audit/security,entries"
  })
  void endpoints(String path, String field) throws Exception {
    assertThat(get(path).has(field)).isTrue();
    HttpResponse<String> withoutKey =
        java.net.http.HttpClient.newHttpClient()
            .send(
                java.net.http.HttpRequest.newBuilder(java.net.URI.create(server.url() + path))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(withoutKey.statusCode()).isEqualTo(401);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "auth.login.success",
        "auth.login.failed",
        "auth.logout",
        "auth.session.expired",
        "auth.api_key.used",
        "user.created",
        "user.updated",
        "user.deleted",
        "user.password.changed",
        "user.level.changed",
        "user.permission.changed",
        "api_key.created",
        "api_key.revoked",
        "credential.created",
        "credential.deleted",
        "credential.used",
        "job.submitted",
        "job.cancelled",
        "job.approved",
        "job.rejected"
      })
  void events(String type) throws Exception {
    JsonNode list = get("/api/audit?actor_username=user3&event_type=" + type);
    assertThat(list.path("total").asInt()).isEqualTo(1);
    assertThat(list.path("entries").get(0).path("event_type").asText()).isEqualTo(type);
    JsonNode known = JSON.missingNode();
    for (JsonNode one : get("/api/audit/types").path("event_types")) {
      if (one.path("value").asText().equals(type)) {
        known = one;
      }
    }
    assertThat(known.path("name").asText()).isNotEmpty();
    assertThat(known.path("description").asText()).isNotEmpty();
    assertThat(known.path("count").asInt()).isGreaterThanOrEqualTo(12);
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource({
    "event_type,auth.login.failed,12",
    "actor_id,125,20",
    "target_type,job,120",
    "target_id,124,80",
    "since,2015-12-10,242",
    "until,2015-12-10,0",
    "limit,7,242",
    "offset,240,242"
  })
  void filters(String parameter, String value, int total) throws Exception {
    JsonNode list = get("/api/audit?" + parameter + "=" + value);
    assertThat(list.path("total").asInt()).isEqualTo(total);
    JsonNode entries = list.path("entries");
    switch (parameter) {
      case "limit" -> {
        assertThat(entries).hasSize(7);
        assertThat(list.path("has_more").asBoolean()).isTrue();
      }
      case "offset" -> {
        assertThat(values(entries, "id")).containsExactly("2", "1");
        assertThat(list.path("has_more").asBoolean()).isFalse();
      }
      case "since", "until" -> assertThat(entries).hasSize(Math.min(total, 50));
      default -> assertThat(values(entries, parameter)).containsOnly(value);
    }
  }

  @ParameterizedTest(name = "limit={0}")
  @ValueSource(strings = {"0", "501", "x", "-1"})
  void limitIsOneTo500(String limit) throws Exception {
    HttpResponse<String> answer = server.get("/api/audit?limit=" + limit);
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body()).contains("between 1 and 500");
  }

  @Test
  void limitIs50UnlessGiven() throws Exception {
    assertThat(get("/api/audit").path("entries")).hasSize(50);
    assertThat(get("/api/audit?limit=500").path("entries")).hasSize(242);
  }

  @Test
  void eachEntryIncludesAHashAReferenceToThePreviousAndALaterTimestamp() throws Exception {
    JsonNode entries = get("/api/audit?limit=500&order=asc").path("entries");
    for (int i = 1; i < entries.size(); i++) {
      JsonNode before = entries.get(i - 1);
      JsonNode entry = entries.get(i);
      assertThat(entry.path("hash").asText()).matches("[0-9a-f]{64}");
      assertThat(entry.path("previous_hash")).isEqualTo(before.path("hash"));
      assertThat(entry.path("timestamp").asText()).isGreaterThan(before.path("timestamp").asText());
    }
  }

  @Test
  void theVerificationAnswersAsTheDocumentsClientsReadIt() throws Exception {
    JsonNode report = get("/api/audit/verify?start_id=100&end_id=200");
    assertThat(report.path("valid").asBoolean()).isTrue();
    assertThat(report.path("entries_checked").asInt()).isEqualTo(101);
    assertThat(report.path("broken_links").isArray()).isTrue();
  }

  @Test
  void theStatisticsAreExact() throws Exception {
    JsonNode stats = get("/api/audit/stats");
    assertThat(stats.path("total_entries").asInt()).isEqualTo(242);
    assertThat(stats.path("last_24h").asInt()).isEqualTo(242);
    assertThat(stats.path("by_type").path("job.approved").asInt()).isEqualTo(12);
    assertThat(stats.path("failed_logins").asInt()).isEqualTo(12);
    assertThat(stats.path("first_entry").asText()).isNotEmpty();
  }

  @Test
  void entriesCannotBeModifiedOrDeletedThroughTheApi() throws Exception {
    for (String method : List.of("PUT", "PATCH", "DELETE", "POST")) {
      for (String path : List.of("/api/audit", "/api/audit/entries/5")) {
        HttpResponse<String> answer =
            java.net.http.HttpClient.newHttpClient()
                .send(
                    java.net.http.HttpRequest.newBuilder(java.net.URI.create(server.url() + path))
                        .header("X-API-Key", server.key())
                        .method(method, java.net.http.HttpRequest.BodyPublishers.ofString("{}"))
                        .build(),
                    HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(405);
      }
    }
  }

  @Test
  void failedLoginsAreLoggedWithTheirAddress() throws Exception {
    JsonNode entries = get("/api/audit?event_type=auth.login.failed").path("entries");
    assertThat(values(entries, "actor_ip")).allMatch(address -> address.startsWith("203.0.113."));
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource({
    "SIMPLETUNER_AUDIT_RETENTION_DAYS,365,365 days",
    "SIMPLETUNER_AUDIT_RETENTION_DAYS,never,between 1 and 100000",
    "TALLY_RETENTION_DAYS,30,30 days"
  })
  void retentionIsReadFromTheEnvironment(String variable, String value, String says)
      throws IOException, InterruptedException {
    Tally.Result result =
        Tally.run(Map.of(variable, value), "", "serve", "--data", data.toString(), "--port", "0");
    assertThat(result.err()).contains(says);
    assertThat(result.code()).isIn(Failure.USAGE, Failure.UNREACHABLE);
  }

  @Test
  void aDirectoryAnswersAsItsServerDoes() throws Exception {
    for (String command : List.of("list", "security", "types", "stats", "user")) {
      List<String> arguments = new ArrayList<>(List.of(command));
      if (command.equals("user")) {
        arguments.add("123");
      }
      arguments.addAll(List.of("--format", "json"));
      String fromServer = simpletuner(arguments.toArray(new String[0]));
      arguments.addAll(List.of("--data", data.toString()));
      Tally.Result fromDirectory = Tally.run(Map.of(), "", arguments.toArray(new String[0]));
      assertThat(fromDirectory.err()).isEmpty();
      assertThat(fromDirectory.out()).isEqualTo(fromServer);
    }
  }
}
