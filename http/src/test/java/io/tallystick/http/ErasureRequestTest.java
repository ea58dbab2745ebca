package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.PersonalField;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.PersonalFields;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an erasure is asked for: whose values, which of them, and what is refused. */
@Timeout(120)
class ErasureRequestTest {
  private static final String PATH = "/api/audit/erasures";
  private static final String NAME = "zwetschge";
  private static final ServerConfig CONFIG =
      TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults()).toBuilder()
          .personal(new PersonalFields(PersonalField.of(List.of("actor_username", "actor_ip"))))
          .build();

  private static TestServer server;
  private static String writer;
  private static String eraser;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    server = TestServer.start(data, CONFIG);
    writer = server.key("app", Permission.AUDIT_APPEND, Permission.ADMIN_AUDIT);
    eraser = server.key("privacy", Permission.ADMIN_ERASURE);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private long append(String json) throws Exception {
    HttpResponse<String> answer = server.append(writer, json);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    return TestServer.JSON.readTree(answer.body()).path("id").asLong();
  }

  private void login(String name) throws Exception {
    append(
        "{\"event_type\":\"auth.login\",\"actor_id\":\"id of %1$s\",\"actor_username\":\"%1$s\",\"actor_ip\":\"203.0.113.77\"}"
            .formatted(name));
  }

  private int recorded() throws Exception {
    return server.json(PATH, eraser).path("erasures").size();
  }

  private int found(String name) throws Exception {
    return server.json("/api/audit?actor_username=" + name, writer).path("total").asInt();
  }

  private HttpResponse<String> post(String json) throws Exception {
    return server.post(PATH, eraser, "application/json", json.getBytes(UTF_8));
  }

  private JsonNode erase(String json) throws Exception {
    HttpResponse<String> answer = post(json);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return TestServer.JSON.readTree(answer.body());
  }

  private String details(long id) throws Exception {
    return server.json("/api/audit/entries/" + id, writer).path("details").toString();
  }

  /** A value can't be erased in part, and nobody should learn only afterwards what else is gone. */
  @Test
  void aValueThatGoesBecauseOfAPartOfItIsNamed() throws Exception {
    String event = "{\"event_type\":\"a.b\",\"details\":{\"a\":1,\"b\":2},\"personal\":[\"%s\"]}";
    long whole = append(event.formatted("details"));
    long part = append(event.formatted("details.a"));
    String request =
        "{\"ids\":\"%d-%d\",\"fields\":[\"details.a\",\"actor_ip\"],\"reason\":\"r\""
            .formatted(whole, part);
    JsonNode dry = erase(request + ",\"dry_run\":true}");
    assertThat(dry.path("fields").toString()).isEqualTo("{\"details\":1,\"details.a\":1}");
    assertThat(dry.path("wider").toString()).isEqualTo("{\"details\":1}");
    assertThat(details(whole)).isEqualTo("{\"a\":1,\"b\":2}");
    JsonNode done = erase(request + "}");
    assertThat(done.path("wider").toString()).isEqualTo("{\"details\":1}");
    assertThat(details(whole)).isEqualTo("null");
    assertThat(details(part)).isEqualTo("{\"a\":null,\"b\":2}");

    long again = append(event.formatted("details.a"));
    JsonNode all =
        erase("{\"ids\":\"%d\",\"fields\":[\"details\"],\"reason\":\"r\"}".formatted(again));
    assertThat(all.path("fields").toString()).isEqualTo("{\"details.a\":1}");
    assertThat(all.path("wider").toString()).isEqualTo("{}");
  }

  /** Each of them plans before the first has erased anything. */
  @Test
  void identicalErasuresAtOnceAreRecordedOnce() throws Exception {
    login("mirabelle");
    int before = recorded();
    ReentrantLock lock = (ReentrantLock) server.log.removalLock();
    String request = "{\"actor_username\":\"mirabelle\",\"reason\":\"r\"}";
    List<Future<JsonNode>> answers = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(4)) {
      lock.lock();
      try {
        for (int i = 0; i < 4; i++) {
          answers.add(clients.submit(() -> erase(request)));
        }
        while (lock.getQueueLength() < 4) {
          Thread.sleep(5);
        }
      } finally {
        lock.unlock();
      }
      List<Integer> entries = new ArrayList<>();
      for (Future<JsonNode> answer : answers) {
        entries.add(answer.get().path("entries").asInt());
      }
      assertThat(entries).containsExactlyInAnyOrder(1, 0, 0, 0);
    }
    assertThat(recorded()).isEqualTo(before + 1);
  }

  @Test
  void whatIsErasedAlreadyIsNotWithoutPersonalValues() throws Exception {
    login("pflaume");
    String request = "{\"actor_id\":\"id of pflaume\",\"reason\":\"r\"}";
    assertThat(erase(request).path("entries").asInt()).isEqualTo(1);
    JsonNode again = erase(request);
    assertThat(again.path("entries").asInt()).isZero();
    assertThat(again.path("without_personal").asInt()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'actor_username':'zwet*','reason':'r'} | whole value",
        "{'event_type':'auth.*','reason':'r'} | whole value",
        "{'actor_ip':'203.0.113.0/24','reason':'r'} | one IPv4 or IPv6 address",
        "{'actor_ip':'203.0.113.999','reason':'r'} | one IPv4 or IPv6 address like 203.0.113.9 or 2001:db8::1 here",
        "{'ids':'1','ids':'2','reason':'r'} | a field appears twice",
        "{'q':'zwetschge','reason':'r'} | unknown field",
        "{'reason':'r'} | needs a filter",
        "{'since':'1h','reason':'r'} | besides since and until",
        "{'until':'2030-01-01','reason':'r'} | besides since and until",
        "{'since':'1h','until':'2030-01-01','reason':'r'} | besides since and until",
        "{'actor_username':'zwetschge'} | reason",
        "{'actor_username':'zwetschge','reason':' '} | was blank",
        "{'ids':'1','reason':'a\\u0000b'} | without the character NUL",
        "{'actor_username':'zwetschge','reason':'for Zwetschge, 3'} | must not contain",
        "{'ids':'1-9999','reason':'asked by 203.0.113.77'} | must not contain",
        "{'ids':'3-1','reason':'r'} | ids must be",
        "{'ids':'1-3,2','reason':'r'} | once",
        "{'ids':'1','fields':['event_type'],'reason':'r'} | fields must name",
        "{'ids':'1','fields':[],'reason':'r'} | fields must be",
        "{'ids':'1','dry_run':'yes','reason':'r'} | dry_run",
        "{'actor_username':['a'],'reason':'r'} | must be a string",
      })
  void whatIsAmbiguousOrTellsTooMuchIsRefused(String json, String message) throws Exception {
    login(NAME);
    int before = found(NAME);
    long last = server.log.lastId();
    HttpResponse<String> refused = post(json.replace('\'', '"'));
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
    assertThat(refused.body()).contains(message);
    assertThat(server.log.lastId()).isEqualTo(last);
    assertThat(found(NAME)).isEqualTo(before);
  }

  @Test
  void aReasonOrAListOfIdsThatIsTooLongIsRefusedWithItsLength() throws Exception {
    String ids = String.join(",", IntStream.rangeClosed(1, 1_001).mapToObj(i -> "" + i).toList());
    assertThat(post("{\"ids\":\"%s\",\"reason\":\"r\"}".formatted(ids)).body())
        .contains("ids must be at most 1,000 ids and ranges of them, but were 1,001");
    assertThat(post("{\"ids\":\"1\",\"reason\":\"%s\"}".formatted("r".repeat(1_001))).body())
        .contains("reason must be at most 1,000 bytes, but had 1,001");
  }
}
