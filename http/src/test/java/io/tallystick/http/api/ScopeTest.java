package io.tallystick.http.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.ActorId;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.access.Permission;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a key that sees one tenant learns of the others on every route that is described: nothing by
 * content, count, ids, errors and headers. The key of this test has every permission, which none
 * with a limit can be given, so that only the limit stands between it and the rest.
 */
@Timeout(120)
class ScopeTest extends DescribedServer {
  /**
   * Entries of others before ours, so many that no other number in an answer is an id of theirs.
   */
  private static final int OTHERS = 3_300;

  /** What every text of another tenant's entries holds. */
  private static final String MARK = "globex";

  /** What its fields hold that can't hold the mark. */
  private static final List<String> MARKS =
      List.of(MARK, "198.51.100.77", "feedfacefeedface", "1999-09-09");

  private static final Pattern NUMBER =
      Pattern.compile("(?<![0-9A-Za-z_.:/+=-])[0-9]{4,}(?![0-9A-Za-z_:/+=-]|\\.[0-9])");

  private final Set<Long> own = new TreeSet<>();
  private final Set<String> otherHashes = new TreeSet<>();
  private final List<Entry> ownEntries = new ArrayList<>();
  private String limited;
  private long firstOther;
  private long lastId;

  @BeforeEach
  void fill() throws Exception {
    limited =
        server.overreaching(
            new Scope(Map.of(EntryField.TENANT, new TreeSet<>(List.of("acme")))),
            Permission.values());
    server.log.append(List.of(Event.of("door.opened")), "nobody-app").get();
    firstOther =
        server.log.append(Collections.nCopies(OTHERS, other(0)), "globex-app").get().firstId();
    List<Event> mixed = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      mixed.add(own(i));
      mixed.add(other(i));
      // To a filter these are one tenant; to a scope they are others.
      mixed.add(
          Event.builder("globex.near")
              .text(EntryField.TENANT, i % 2 == 0 ? "ACME" : "ａcme")
              .build());
      mixed.add(Event.builder("globex.none").build());
    }
    server.log.append(mixed, "shared-app").get();
    server.log.append(List.of(own(30), own(31)), "acme-app").get();
    server.log.seal().get();
    server.log.reader().tree().keep(server.log.reader().tree().newest().orElseThrow());
    server.log.append(Collections.nCopies(100, other(7)), "globex-app").get();
    server.log.seal().get();
    lastId = server.log.lastId();
    server
        .log
        .reader()
        .forEach(
            1,
            lastId,
            stored -> {
              Entry entry = stored.decode();
              if ("acme".equals(entry.text(EntryField.TENANT))) {
                own.add(entry.id());
                ownEntries.add(entry);
              } else {
                otherHashes.add(stored.hash().toString());
              }
              return true;
            });
    ownEntries.forEach(entry -> otherHashes.remove(entry.previousHash().toString()));
    assertThat(own).hasSize(32);
  }

  private static Event own(int i) {
    return Event.builder(i % 3 == 0 ? "auth.login.failed" : "acme.thing.done")
        .text(EntryField.TENANT, "acme")
        .actorId(7L)
        .actorUsername("ann")
        .targetType("user")
        .targetId("7")
        .details(Details.parse("{\"secret\":\"ours\",\"n\":" + i + "}"))
        .build();
  }

  /** Has something of a tenant in every field, and the actor and type of ours in some. */
  private static Event other(int i) {
    Event.Builder event = Event.builder(i % 2 == 0 ? MARK + ".secret.thing" : "auth.login.failed");
    for (EntryField field :
        List.of(
            EntryField.TENANT,
            EntryField.ACTOR_TYPE,
            EntryField.ACTOR_USERNAME,
            EntryField.USER_AGENT,
            EntryField.ACTOR_HOST,
            EntryField.SESSION_ID,
            EntryField.TARGET_TYPE,
            EntryField.TARGET_ID,
            EntryField.ACTION,
            EntryField.TARGET_NAME,
            EntryField.EVENT_ID,
            EntryField.REQUEST_ID)) {
      event.text(field, field == EntryField.TENANT ? MARK : MARK + "-" + field);
    }
    return event
        .text(EntryField.OUTCOME, "unknown")
        .text(EntryField.SEVERITY, "informational")
        .text(EntryField.TRACE_ID, "feedfacefeedfacefeedfacefeedface")
        .occurredAt("1999-09-09T09:09:09Z")
        .actorIp("198.51.100.77")
        .actorId(i % 4 == 1 ? ActorId.of(7) : ActorId.of(MARK + "-id"))
        .sourceSeq(987_654L)
        .details(Details.parse("{\"secret\":\"globex's\",\"globex\":{\"a\":[\"globex\"]}}"))
        .build();
  }

  @Test
  void everyRouteSaysWhetherALimitedKeyMayUseIt() throws Exception {
    for (Operation operation : operations()) {
      JsonNode open = operation.described().path("x-limited-keys");
      assertThat(open.isBoolean())
          .as(operation + " needs a key, so it must say whether it may be a limited one")
          .isEqualTo(operation.permission() != null);
      if (!open.isBoolean() || (operation.path().equals(STREAM) && open.asBoolean())) {
        continue;
      }
      for (String method : methods(operation)) {
        int status = ask(method, concrete(operation), limited).statusCode();
        assertThat(status == 403)
            .as(method + " " + operation.path() + ": " + status)
            .isEqualTo(!open.asBoolean());
      }
    }
  }

  @Test
  void noRouteTellsAnythingOfOtherTenants() throws Exception {
    int asked = 0;
    for (Operation operation : operations()) {
      // These files are the same for everybody.
      if (operation.path().startsWith("/web/") || operation.path().equals("/openapi.json")) {
        continue;
      }
      for (String path : paths(operation)) {
        for (String method : methods(operation)) {
          if (!operation.path().equals(STREAM) || method.equals("HEAD")) {
            for (String accept : accepted(operation)) {
              assertTellsNothing(method, path, accept);
              asked++;
            }
          }
        }
      }
    }
    assertThat(asked).isGreaterThan(500);
  }

  private static List<String> methods(Operation operation) {
    return operation.method().equals("GET") ? List.of("GET", "HEAD") : List.of(operation.method());
  }

  private static List<String> accepted(Operation operation) {
    return operation.path().contains("entries/") || operation.path().endsWith("/verify")
        ? List.of("*/*", "application/octet-stream", "text/event-stream")
        : List.of("*/*");
  }

  /** The operation with every parameter that asks for others, and with ids of everybody. */
  private List<String> paths(Operation operation) {
    List<String> paths = new ArrayList<>();
    for (String id :
        List.of(
            "1",
            Long.toString(firstOther),
            Long.toString(own.iterator().next()),
            Long.toString(own.iterator().next() + 1),
            Long.toString(lastId),
            Long.toString(lastId + 1),
            "9223372036854775807",
            "7",
            MARK + "-id",
            "x")) {
      String path = operation.path().replaceAll("\\{(id|user_id|size)}", id);
      if (path.equals(operation.path())) {
        path = concrete(operation);
      }
      if (!paths.contains(path)) {
        paths.add(path);
      }
    }
    String plain = paths.get(operation.path().contains("user_id") ? 7 : 0);
    for (JsonNode parameter : parameters(operation, "query")) {
      String name = parameter.get("name").asText();
      JsonNode schema = schemas.resolve(parameter.get("schema"));
      List<String> values = new ArrayList<>();
      schema.path("enum").forEach(value -> values.add(value.asText()));
      switch (schema.path("type").asText()) {
        case "integer" ->
            values.addAll(
                List.of(
                    "0", "1", "500", Long.toString(firstOther), Long.toString(lastId), "99999999"));
        case "boolean" -> values.addAll(List.of("true", "false"));
        default -> values.addAll(List.of(MARK, MARK + "*", "*", "7", "2020-01-01"));
      }
      for (String value : values) {
        for (String one :
            name.contains("PATH") ? List.of("details.secret", "details.globex.a") : List.of(name)) {
          paths.add(plain + "?" + one + "=" + URLEncoder.encode(value, UTF_8));
        }
      }
    }
    if (operation.path().equals("/api/audit/export")) {
      paths.add(plain + "?format=bundle&tenant=" + MARK);
    }
    return paths;
  }

  private void assertTellsNothing(String method, String path, String accept) throws Exception {
    HttpResponse<byte[]> answer =
        server.sendForBytes(
            server
                .request(path, limited)
                .header("Accept", accept)
                .method(method, HttpRequest.BodyPublishers.noBody()));
    String what = method + " " + path + " (" + accept + "): " + answer.statusCode();
    assertThat(answer.statusCode()).as(what).isNotEqualTo(429).isLessThan(500);
    String body = unzipped(answer.body());
    String headers = withoutDateAndLength(answer).toString();
    boolean echoes = answer.statusCode() == 422;
    assertThat(body).as(what).doesNotContain("\"severity\":\"informational\"");
    for (String mark : MARKS) {
      if (!echoes || !path.contains(mark)) {
        assertThat(body.toLowerCase(Locale.ROOT)).as(what).doesNotContain(mark);
      }
      assertThat(headers.toLowerCase(Locale.ROOT)).as(what).doesNotContain(mark);
    }
    assertThat(otherHashes.stream().filter(body::contains)).as(what).isEmpty();
    boolean proves = path.endsWith("/proof") || path.contains("format=bundle");
    for (String text : proves ? List.of(headers) : List.of(body, headers)) {
      assertThat(idsOfOthers(text, path)).as(what + "\n" + body).isEmpty();
    }
    if (proves && answer.statusCode() == 200 && method.equals("GET")) {
      assertThat(body).as("not the size that the log has now").doesNotContain("\n" + lastId + "\n");
    }
  }

  /** Numbers in the range of the others' ids that the request did not have itself. */
  private List<Long> idsOfOthers(String text, String path) {
    List<Long> found = new ArrayList<>();
    Matcher numbers = NUMBER.matcher(text);
    while (numbers.find()) {
      String digits = numbers.group();
      long number = digits.length() > 9 ? 0 : Long.parseLong(digits);
      if (number > OTHERS - 100
          && number <= lastId + 50
          && !own.contains(number)
          && !path.contains(digits)) {
        found.add(number);
      }
    }
    return found;
  }

  /** The text of an answer; of a zip that of all that is in it. */
  private static String unzipped(byte[] body) throws Exception {
    if (body.length < 2 || body[0] != 'P' || body[1] != 'K') {
      return new String(body, UTF_8);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(body))) {
      for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        all.write(('\n' + entry.getName() + '\n').getBytes(UTF_8));
        zip.transferTo(all);
      }
    }
    return all.toString(ISO_8859_1);
  }

  @Test
  void whatIsOwnIsCountedListedExportedAndProvedAsIfThereWereNothingElse() throws Exception {
    JsonNode list = server.json("/api/audit?limit=500", limited);
    assertThat(list.get("total").asLong()).isEqualTo(32);
    assertThat(list.findValuesAsText("id")).hasSize(32);
    JsonNode page = server.json("/api/audit?limit=20", limited);
    assertThat(own).contains(page.get("next_before_id").asLong());
    assertThat(server.json("/api/audit/user/7", limited).get("total").asLong()).isEqualTo(32);
    assertThat(server.json("/api/audit/security", limited).get("total").asLong()).isEqualTo(11);
    assertThat(server.json("/api/audit?tenant=ACME", limited).get("total").asLong()).isEqualTo(32);
    assertThat(server.json("/api/audit?source=acme-app", limited).get("total").asLong())
        .isEqualTo(2);

    JsonNode stats = server.json("/api/audit/stats", limited);
    assertThat(stats.get("total_entries").asLong()).isEqualTo(32);
    assertThat(stats.get("by_type").toString())
        .isEqualTo("{\"acme.thing.done\":21,\"auth.login.failed\":11}");
    assertThat(stats.get("other_types").asLong()).isZero();
    assertThat(stats.get("last_24h").asLong()).isEqualTo(32);
    assertThat(stats.get("failed_logins_24h").asLong()).isEqualTo(11);
    assertThat(stats.get("first_entry").asText())
        .isEqualTo(ownEntries.getFirst().timestamp().toString());
    assertThat(stats.get("sealed_through").isNull()).isTrue();
    assertThat(stats.get("top_actors").toString())
        .isEqualTo("[{\"actor_id\":7,\"actor_username\":\"ann\",\"count\":32}]");
    JsonNode overview = server.json("/api/audit/overview", limited);
    assertThat(overview.get("since").asText())
        .isEqualTo(ownEntries.getFirst().timestamp().toString());
    assertThat(overview.get("failed_logins").get("total").asLong()).isEqualTo(11);
    assertThat(
            overview.get("buckets").findValuesAsText("total").stream()
                .mapToLong(Long::parseLong)
                .sum())
        .isEqualTo(32);
    Map<String, Long> types = new TreeMap<>();
    for (JsonNode type : server.json("/api/audit/types", limited).get("event_types")) {
      if (type.get("count").asLong() > 0) {
        types.put(type.get("value").asText(), type.get("count").asLong());
      }
    }
    assertThat(types).isEqualTo(Map.of("auth.login.failed", 11L, "acme.thing.done", 21L));

    assertThat(server.get("/api/audit/export", limited).body().lines()).hasSize(32);
    assertThat(server.get("/api/audit/verify", limited).body()).isEqualTo("{\"valid\":true}");
    for (long id : own) {
      assertThat(server.get("/api/audit/entries/" + id + "/proof", limited).statusCode())
          .isEqualTo(200);
    }
    List<String> exported =
        server.entriesFrom(lastId + 1).stream()
            .filter(entry -> entry.event().eventType().equals("audit.exported"))
            .map(entry -> String.valueOf(entry.event().details()))
            .toList();
    assertThat(exported).singleElement().asString().contains("\"only\":{\"tenant\":[\"acme\"]}");
  }

  @Test
  void anEntryOfSomebodyElseIsAnsweredLikeOneThatIsNotThere() throws Exception {
    for (String form : List.of("/api/audit/entries/%d", "/api/audit/entries/%d/proof")) {
      for (String method : List.of("GET", "HEAD")) {
        HttpResponse<String> none = ask(method, form.formatted(lastId + 99_999), limited);
        assertThat(none.statusCode()).isEqualTo(404);
        for (long id : List.of(1L, firstOther, own.iterator().next() + 1, lastId)) {
          HttpResponse<String> others = ask(method, form.formatted(id), limited);
          assertThat(others.statusCode()).isEqualTo(404);
          assertThat(others.body()).isEqualTo(none.body());
          assertThat(withoutDateAndLength(others)).isEqualTo(withoutDateAndLength(none));
        }
      }
    }
  }

  private static Map<String, List<String>> withoutDateAndLength(HttpResponse<?> answer) {
    Map<String, List<String>> headers = new TreeMap<>(answer.headers().map());
    headers.remove("date");
    headers.remove("content-length");
    return headers;
  }

  @Test
  void aLiveStreamHasOwnEntriesAloneAndEndsWithTheKey() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<InputStream> stream =
          client.send(
              server.request("/api/audit/live?after_id=" + (lastId - 3_000), limited).build(),
              HttpResponse.BodyHandlers.ofInputStream());
      assertThat(stream.statusCode()).isEqualTo(200);
      server.log.append(Collections.nCopies(50, other(1)), "globex-app").get();
      server.log.append(List.of(own(99)), "acme-app").get();
      Thread.sleep(1_500);
      ask("DELETE", "/api/audit/keys/00000000000000aa", key);
      String all = new String(stream.body().readAllBytes(), UTF_8);
      assertThat(all.toLowerCase(Locale.ROOT)).doesNotContain(MARKS);
      assertThat(all.lines().filter(line -> line.equals("event: entry"))).hasSize(33);
      assertThat(all).contains("\"n\":99");
    }
  }

  @Test
  void aLongAnswerSaysWhichEntriesItLeftOutByOwnIds() throws Exception {
    long newest = server.log.append(Collections.nCopies(200, own(5)), "acme-app").get().lastId();
    server.log.append(Collections.nCopies(50, other(1)), "globex-app").get();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<InputStream> stream =
          client.send(
              server.request("/api/audit/live?after_id=1", limited).build(),
              HttpResponse.BodyHandlers.ofInputStream());
      Thread.sleep(1_000);
      ask("DELETE", "/api/audit/keys/00000000000000aa", key);
      assertThat(new String(stream.body().readAllBytes(), UTF_8))
          .contains("event: more\ndata: {\"last_id\":" + newest + "}");
    }
  }
}
