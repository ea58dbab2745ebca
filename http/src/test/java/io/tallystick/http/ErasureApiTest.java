package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.PersonalField;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.store.Backup;
import io.tallystick.store.LogReader;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Personal values over HTTP: named by server, key and event, shown, erased, and then nowhere. */
@Timeout(120)
class ErasureApiTest {
  private static final String PATH = "/api/audit/erasures";
  private static final String NAME = "zwetschge";
  private static final String MAIL = "zwetschge@example.org";
  private static final List<String> SECRETS = List.of(NAME, "203.0.113.77", "Pflaumenbrowser");
  private static final ServerConfig CONFIG =
      TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults()).toBuilder()
          .personal(
              new PersonalFields(
                  PersonalField.of(List.of("actor_username", "actor_ip", "details.email"))))
          .publicTlog(true)
          .publicMetrics(true)
          .build();

  @TempDir Path data;
  @TempDir Path elsewhere;

  private TestServer server;
  private String writer;
  private String auditor;
  private String eraser;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data, CONFIG);
    writer = server.key("app", Permission.AUDIT_APPEND);
    auditor = server.key("auditor", Permission.ADMIN_AUDIT);
    eraser = server.key("privacy", Permission.ADMIN_ERASURE);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private static String event(String id) {
    return """
    {"event_type":"auth.login.failed","actor_id":7,"actor_username":"%s",\
    "actor_ip":"203.0.113.77","user_agent":"Pflaumenbrowser","target_id":"door",\
    "details":{"email":"%s","n":1.50},"personal":["user_agent"],"event_id":"%s"}\
    """
        .formatted(NAME, MAIL, id);
  }

  private long append(String json) throws Exception {
    HttpResponse<String> answer = server.append(writer, json);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    return TestServer.JSON.readTree(answer.body()).path("id").asLong();
  }

  private HttpResponse<String> post(String path, String key, String json) throws Exception {
    return server.post(path, key, "application/json", json.getBytes(UTF_8));
  }

  private JsonNode erase(String json) throws Exception {
    HttpResponse<String> answer = post(PATH, eraser, json);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestServer.JSON.readTree(answer.body());
  }

  private JsonNode entry(long id) throws Exception {
    return server.json("/api/audit/entries/" + id, auditor);
  }

  private JsonNode list(String filter) throws Exception {
    return server.json("/api/audit?" + filter, auditor);
  }

  /** Files under these directories that have one of the secrets. */
  private static List<String> filesWith(Path... directories) throws IOException {
    List<String> found = new ArrayList<>();
    for (Path directory : directories) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          String bytes = read(file);
          SECRETS.stream().filter(bytes::contains).forEach(one -> found.add(file + ": " + one));
        }
      }
    }
    return found;
  }

  /** A file as text; empty if Lucene has replaced it by another that is read as well. */
  private static String read(Path file) throws IOException {
    try {
      return new String(Files.readAllBytes(file), UTF_8);
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  private static String commitment(JsonNode salted, String json) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update((byte) 2);
    sha256.update(Base64.getUrlDecoder().decode(salted.path("salt").asText()));
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(sha256.digest(json.getBytes(UTF_8)));
  }

  @Test
  void valuesAreShownWithWhatOpensTheirCommitments() throws Exception {
    long id = append(event("e1"));
    byte[] exact = server.entry(id).bytes();
    assertThat(new String(exact, UTF_8)).doesNotContain(NAME, "203.0.113.77", "Pflaumenbrowser");
    JsonNode shown = entry(id);
    assertThat(shown.path("actor_username").asText()).isEqualTo(NAME);
    assertThat(shown.path("details").toString())
        .isEqualTo("{\"email\":\"" + MAIL + "\",\"n\":1.5}");
    assertThat(shown.path("personal").properties()).hasSize(4);
    assertThat(shown.path("erased").isNull()).isTrue();
    JsonNode committed = TestServer.JSON.readTree(exact).path("personal");
    for (var value : shown.path("personal").properties()) {
      String json =
          switch (value.getKey()) {
            case "actor_username" -> "\"" + NAME + "\"";
            case "actor_ip" -> "\"203.0.113.77\"";
            case "user_agent" -> "\"Pflaumenbrowser\"";
            default -> "\"" + MAIL + "\"";
          };
      assertThat(value.getValue().path("commitment").asText())
          .isEqualTo(commitment(value.getValue(), json))
          .isEqualTo(committed.path(value.getKey()).asText());
    }
    assertThat(list("actor_username=" + NAME).path("entries").path(0)).isEqualTo(shown);
    assertThat(list("details.email=" + MAIL).path("total").asInt()).isEqualTo(1);
    assertThat(list("q=pflaumenbrowser").path("total").asInt()).isEqualTo(1);
  }

  @Test
  void aKeyNamesFieldsOfItsOwn() throws Exception {
    String admin = server.key("admin2", Permission.ADMIN_KEYS, Permission.AUDIT_APPEND);
    HttpResponse<String> made =
        post(
            "/api/audit/keys",
            admin,
            "{\"name\":\"crm\",\"permissions\":[\"audit.append\"],\"personal\":[\"target_id\"]}");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    JsonNode key = TestServer.JSON.readTree(made.body());
    assertThat(key.path("personal").toString()).isEqualTo("[\"target_id\"]");
    server.append(key.path("key").asText(), event("k1"));
    JsonNode shown = entry(server.log.lastId());
    assertThat(shown.path("personal").has("target_id")).isTrue();
    assertThat(shown.path("personal").properties()).hasSize(5);
    HttpResponse<String> refused =
        post(
            "/api/audit/keys",
            admin,
            "{\"name\":\"c2\",\"permissions\":[\"audit.append\"],\"personal\":[\"event_type\"]}");
    assertThat(refused.statusCode()).isEqualTo(422);
  }

  @Test
  void whatIsErasedIsNowhereAndEverythingStillVerifies() throws Exception {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ids.add(append(event("e" + i)));
      append("{\"event_type\":\"auth.logout\",\"actor_username\":\"other" + i + "\"}");
    }
    byte[] proved = server.entry(ids.get(3)).bytes();
    assertThat(list("actor_username=" + NAME).path("total").asInt()).isEqualTo(20);
    server.get("/api/audit/export?actor_username=" + NAME, auditor);

    JsonNode dry = erase("{\"actor_username\":\"" + NAME + "\",\"reason\":\"r\",\"dry_run\":true}");
    assertThat(dry.path("entries").asInt()).isEqualTo(21);
    assertThat(dry.path("values").asInt()).isEqualTo(81);
    assertThat(dry.path("fields").path("actor_ip").asInt()).isEqualTo(20);
    assertThat(dry.path("fields").path("details.filters.actor_username").asInt()).isEqualTo(1);
    assertThat(dry.path("erasures")).isEmpty();

    JsonNode done = erase("{\"actor_username\":\"" + NAME + "\",\"reason\":\"request 17\"}");
    assertThat(done.path("entries").asInt()).isEqualTo(21);
    assertThat(done.path("erasures")).hasSize(2);
    long erasure = done.path("erasures").path(0).asLong();

    JsonNode shown = entry(ids.get(3));
    assertThat(shown.path("actor_username").isNull()).isTrue();
    assertThat(shown.path("details").toString()).isEqualTo("{\"email\":null,\"n\":1.5}");
    assertThat(shown.path("erased").path("actor_username").path("erasure").asLong())
        .isEqualTo(erasure);
    assertThat(shown.path("personal").isNull()).isTrue();
    for (String filter :
        List.of(
            "actor_username=" + NAME,
            "actor_ip=203.0.113.77",
            "q=pflaumenbrowser",
            "details.email=" + MAIL,
            "details.filters.actor_username=" + NAME)) {
      assertThat(list(filter).path("total").asInt()).as(filter).isZero();
    }
    assertThat(list("actor_id=7").path("total").asInt()).isEqualTo(20);
    assertThat(list("actor_username=other*").path("total").asInt()).isEqualTo(20);
    for (String path :
        List.of(
            "/api/audit?limit=500",
            "/api/audit/user/7",
            "/api/audit/stats",
            "/api/audit/overview",
            "/api/audit/export?format=csv",
            "/api/audit/export?format=json",
            "/api/audit/export",
            "/api/audit/export?values=commitments",
            "/metrics")) {
      assertThat(server.get(path, auditor).body()).as(path).doesNotContain(SECRETS);
    }
    server.log.seal().get();
    Backup.make(LogReader.open(data), elsewhere.resolve("backup"), false);
    assertThat(filesWith(data, elsewhere)).isEmpty();

    assertThat(server.entry(ids.get(3)).bytes()).isEqualTo(proved);
    assertThat(EntryHash.of(proved)).isEqualTo(server.entry(ids.get(3)).hash());
    assertThat(
            new LogVerifier(server.log.reader())
                .verify(VerifyRequest.all(), (checked, total) -> {})
                .valid())
        .isTrue();

    JsonNode again = erase("{\"actor_username\":\"" + NAME + "\",\"reason\":\"request 17\"}");
    assertThat(again.path("entries").asInt()).isZero();
    assertThat(again.path("erasures")).isEmpty();
    JsonNode all = server.json(PATH, eraser).path("erasures");
    assertThat(all).hasSize(2);
    assertThat(all.path(1).path("id").asLong()).isEqualTo(erasure);
    assertThat(all.path(1).path("by").asText()).isEqualTo("privacy");
    assertThat(all.path(1).path("reason").asText()).isEqualTo("request 17");
    assertThat(all.path(1).path("entries").asInt()).isEqualTo(20);
  }

  @Test
  void aReplayIsKnownAfterwardsAndBringsNothingBack() throws Exception {
    long id = append(event("e1"));
    erase("{\"actor_username\":\"" + NAME + "\",\"reason\":\"r\"}");
    HttpResponse<String> again = server.append(writer, event("e1"));
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(TestServer.JSON.readTree(again.body()).path("id").asLong()).isEqualTo(id);
    assertThat(again.body()).doesNotContain(SECRETS);
    HttpResponse<String> other = server.append(writer, event("e1").replace("door", "gate"));
    assertThat(other.statusCode()).isEqualTo(409);
    append(event("e2"));
    assertThat(server.append(writer, event("e2").replace(NAME, "x")).statusCode()).isEqualTo(409);
    assertThat(list("actor_username=" + NAME).path("total").asInt()).isEqualTo(1);
  }

  @Test
  void aLegalHoldWins() throws Exception {
    long id = append(event("e1"));
    append(event("e2"));
    String records = server.key("records", Permission.ADMIN_RETENTION);
    HttpResponse<String> hold =
        post(
            "/api/audit/holds",
            records,
            "{\"first_id\":%d,\"last_id\":%d,\"reason\":\"case 3\"}".formatted(id, id));
    long holdId = TestServer.JSON.readTree(hold.body()).path("id").asLong();
    String request = "{\"actor_username\":\"" + NAME + "\",\"reason\":\"r\"";
    assertThat(erase(request + ",\"dry_run\":true}").path("holds").path(0).path("id").asLong())
        .isEqualTo(holdId);
    HttpResponse<String> refused = post(PATH, eraser, request + "}");
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.body()).contains("legal hold " + holdId, "case 3").doesNotContain(NAME);
    assertThat(list("actor_username=" + NAME).path("total").asInt()).isEqualTo(2);
    assertThat(server.json(PATH, eraser).path("erasures")).isEmpty();
    assertThat(erase(request + ",\"ids\":\"" + (id + 1) + "\"}").path("entries").asInt())
        .isEqualTo(1);
    assertThat(entry(id).path("actor_username").asText()).isEqualTo(NAME);
  }

  @Test
  void onlyTheFieldsThatAreNamedAreErased() throws Exception {
    long id = append(event("e1"));
    JsonNode done =
        erase("{\"ids\":\"" + id + "\",\"fields\":[\"actor_ip\",\"details\"],\"reason\":\"r\"}");
    assertThat(done.path("fields").toString()).isEqualTo("{\"actor_ip\":1,\"details.email\":1}");
    JsonNode shown = entry(id);
    assertThat(shown.path("actor_username").asText()).isEqualTo(NAME);
    assertThat(shown.path("erased").properties()).hasSize(2);
    assertThat(shown.path("personal").properties()).hasSize(2);
  }

  @Test
  void otherSpellingsAndWhatIsNotPersonalAreCountedAndStay() throws Exception {
    append(event("e1"));
    append(event("e2").replace("\"" + NAME + "\"", "\"ZWETSCHGE\""));
    JsonNode report = erase("{\"actor_username\":\"" + NAME + "\",\"reason\":\"r\"}");
    assertThat(report.path("entries").asInt()).isEqualTo(1);
    assertThat(report.path("other_spellings").asInt()).isEqualTo(1);
    append("{\"event_type\":\"door.opened\",\"target_id\":\"gate\"}");
    JsonNode clear = erase("{\"target_id\":\"gate\",\"reason\":\"r\"}");
    assertThat(clear.path("entries").asInt()).isZero();
    assertThat(clear.path("without_personal").asInt()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/tlog/checkpoint", "/tlog/tile/0/000.p/%d", "/tlog/tile/entries/000.p/%d"})
  void nothingPersonalIsPublic(String path) throws Exception {
    append(event("e1"));
    long size = server.log.seal().get().size();
    try (var client = java.net.http.HttpClient.newHttpClient()) {
      HttpResponse<byte[]> answer =
          client.send(
              java.net.http.HttpRequest.newBuilder(server.uri(path.formatted(size))).build(),
              HttpResponse.BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(new String(answer.body(), UTF_8)).doesNotContain(SECRETS);
    }
  }

  @Test
  void aDamagedValueHidesNoEntry() throws Exception {
    long id = append(event("e1"));
    long good = append("{\"event_type\":\"auth.logout\",\"actor_username\":\"other\"}");
    server.close();
    flip(NAME);
    server = TestServer.start(data, CONFIG);
    auditor = server.key("auditor2", Permission.ADMIN_AUDIT);
    JsonNode entries = list("limit=500").path("entries");
    assertThat(entries.size()).isGreaterThan(4);
    JsonNode shown = entry(id);
    assertThat(shown.path("actor_username").isNull()).isTrue();
    assertThat(shown.path("damaged").has("actor_username")).isTrue();
    assertThat(shown.path("erased").isNull()).isTrue();
    assertThat(shown.path("actor_ip").asText()).isEqualTo("203.0.113.77");
    assertThat(entry(good).path("actor_username").asText()).isEqualTo("other");
    assertThat(server.get("/api/audit/export?format=csv", auditor).body())
        .contains("203.0.113.77", "actor_username");
  }

  /** Changes a bit of a value where it stands in the segments. */
  private void flip(String value) throws IOException {
    try (Stream<Path> files = Files.walk(data.resolve("segments"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        int at =
            new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1)
                .indexOf("\"" + value + "\"");
        if (at >= 0) {
          bytes[at + 1] ^= 1;
          Files.write(file, bytes);
          return;
        }
      }
    }
    throw new AssertionError(value + " is in no segment");
  }

  @Test
  void aLiveListenerSeesWhatIsThereWhenItIsSent() throws Exception {
    long id = append(event("e1"));
    erase("{\"actor_username\":\"" + NAME + "\",\"reason\":\"r\"}");
    HttpResponse<InputStream> live =
        java.net.http.HttpClient.newHttpClient()
            .send(
                server.request("/api/audit/live?after_id=" + (id - 1), auditor).build(),
                HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream stream = live.body()) {
      StringBuilder seen = new StringBuilder();
      while (!seen.toString().contains("audit.personal.erased")) {
        seen.append(new String(stream.readNBytes(64), UTF_8));
      }
      assertThat(seen.toString()).contains("\"erased\":{").doesNotContain(SECRETS);
    }
  }

  @Test
  void addressesOfClientsThatFailArePersonalToo() throws Exception {
    long before = server.log.lastId();
    server.get("/api/audit", "tally_0000000000000000_" + "0".repeat(64));
    // The answer does not wait for its entry.
    while (server.log.lastId() == before) {
      Thread.sleep(5);
    }
    JsonNode failed = list("event_type=auth.login.failed").path("entries").path(0);
    assertThat(failed.path("actor_ip").asText()).isEqualTo("127.0.0.1");
    assertThat(failed.path("personal").has("actor_ip")).isTrue();
    erase("{\"actor_ip\":\"127.0.0.1\",\"reason\":\"r\"}");
    assertThat(list("actor_ip=127.0.0.1&event_type=auth.login.failed").path("total").asInt())
        .isZero();
  }
}
