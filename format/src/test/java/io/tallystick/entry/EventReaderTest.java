package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventReaderTest {
  private static Event read(String json) {
    return EventReader.readOne(json.getBytes(UTF_8));
  }

  private static InvalidEventException refusal(String json) {
    return org.assertj.core.api.Assertions.catchThrowableOfType(
        InvalidEventException.class, () -> read(json));
  }

  private static String nested(int depth) {
    return "{\"a\":".repeat(depth - 1) + "{}" + "}".repeat(depth - 1);
  }

  @Test
  void readsEveryFieldInAnyOrderAndWithAnyWhiteSpace() {
    Event event =
        read(
            """
             { "details" : { "b" : [ 1.50 , 1E+2 ], "a" : "\\u00e9\\/" } , "request_id":"r",
               "occurred_at":"2015-12-10T06:55:48+01:00","action":"x","target_id":"1","target_type":"user",
               "user_agent":"curl","actor_ip":"2001:DB8::0:1","actor_username":null,"actor_id":9223372036854775807,
               "event_type":"auth.logout" }
            """);
    assertThat(event)
        .isEqualTo(
            Event.builder("auth.logout")
                .actorId(Long.MAX_VALUE)
                .actorIp("2001:db8::1")
                .userAgent("curl")
                .targetType("user")
                .targetId("1")
                .action("x")
                .occurredAt("2015-12-10T06:55:48+01:00")
                .requestId("r")
                .details(Details.parse("{\"b\":[1.50,1E+2],\"a\":\"é/\"}"))
                .build());
    assertThat(event.details()).hasToString("{\"b\":[1.50,1E+2],\"a\":\"é/\"}");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "no JSON at all                   | nonsense                                            | (event)     | not JSON",
        "nothing                          | ` `                                                 | (event)     | JSON object",
        "a string                         | \"a\"                                               | (event)     | JSON object",
        "cut off                          | {\"event_type\":\"a\"                               | (event)     | not JSON",
        "more after the end               | {\"event_type\":\"a\"} {}                           | (event)     | after its end",
        "no event type                    | {}                                                  | event_type  | required",
        "null event type                  | {\"event_type\":null}                               | event_type  | required",
        "a blank in the type              | {\"event_type\":\"Auth in\"}                        | event_type  | a-z",
        "an outcome that is none          | {\"event_type\":\"a\",\"outcome\":\"ok\"}            | outcome     | success, failure",
        "an outcome in capitals           | {\"event_type\":\"a\",\"outcome\":\"Failure\"}       | outcome     | success, failure",
        "a severity that is none          | {\"event_type\":\"a\",\"severity\":\"WARN\"}         | severity    | informational",
        "an empty event id                | {\"event_type\":\"a\",\"event_id\":\"\"}             | event_id    | not be empty",
        "a trace id that is short         | {\"event_type\":\"a\",\"trace_id\":\"abc\"}          | trace_id    | 32",
        "a sequence that starts at 0      | {\"event_type\":\"a\",\"source_seq\":0}             | source_seq  | from 1",
        "a sequence that is a string      | {\"event_type\":\"a\",\"source_seq\":\"1\"}          | source_seq  | from 1",
        "fields that the server alters    | {\"event_type\":\"a\",\"altered\":[]}              | altered     | set by the log",
        "commitments                      | {\"event_type\":\"a\",\"personal\":{}}             | personal    | array of names of fields",
        "an empty word                    | {\"event_type\":\"a..b\"}                           | event_type  | a-z",
        "a dot at the end                 | {\"event_type\":\"a.\"}                             | event_type  | a-z",
        "a field of the log's             | {\"event_type\":\"a\",\"id\":1}                     | id          | set by the log",
        "another field of the log's       | {\"event_type\":\"a\",\"source\":\"x\"}             | source      | set by the log",
        "an unknown field                 | {\"event_type\":\"a\",\"actor\":1}                  | \"actor\"   | actor_username",
        "a field twice                    | {\"event_type\":\"a\",\"event_type\":\"b\"}         | event_type  | twice",
        "a key of details twice           | {\"event_type\":\"a\",\"details\":{\"k\":1,\"k\":2}}| details     | \"k\" twice",
        "neither a number nor a string    | {\"event_type\":\"a\",\"actor_id\":true}            | actor_id    | whole number",
        "a fraction                       | {\"event_type\":\"a\",\"actor_id\":1.0}             | actor_id    | whole number",
        "a power of ten                   | {\"event_type\":\"a\",\"actor_id\":1e3}             | actor_id    | whole number",
        "a number beyond every double     | {\"event_type\":\"a\",\"actor_id\":1e999}           | actor_id    | whole number",
        "a negative number                | {\"event_type\":\"a\",\"actor_id\":-1}              | actor_id    | from 0",
        "a number beyond a long           | {\"event_type\":\"a\",\"actor_id\":9223372036854775808} | actor_id | 2^63-1",
        "a number for a string            | {\"event_type\":\"a\",\"action\":1}                 | action      | a string",
        "not an address                   | {\"event_type\":\"a\",\"actor_ip\":\"localhost\"}   | actor_ip    | IPv4 or IPv6",
        "an address with a zone           | {\"event_type\":\"a\",\"actor_ip\":\"fe80::1%eth0\"}| actor_ip    | IPv4 or IPv6",
        "an address with a leading zero   | {\"event_type\":\"a\",\"actor_ip\":\"10.0.0.01\"}   | actor_ip    | IPv4 or IPv6",
        "a time without offset            | {\"event_type\":\"a\",\"occurred_at\":\"2026-01-01T00:00:00\"}  | occurred_at | offset",
        "a day that is not                | {\"event_type\":\"a\",\"occurred_at\":\"2026-02-29T00:00:00Z\"} | occurred_at | RFC 3339",
        "a leap second at noon            | {\"event_type\":\"a\",\"occurred_at\":\"2016-12-31T12:00:60Z\"} | occurred_at | RFC 3339",
        "a leap second within a month     | {\"event_type\":\"a\",\"occurred_at\":\"2016-12-30T23:59:60Z\"} | occurred_at | RFC 3339",
        "two leap seconds                 | {\"event_type\":\"a\",\"occurred_at\":\"2016-12-31T23:59:61Z\"} | occurred_at | RFC 3339",
        "a leap second without offset     | {\"event_type\":\"a\",\"occurred_at\":\"2016-12-31T23:59:60\"}  | occurred_at | RFC 3339",
        "details that are no object       | {\"event_type\":\"a\",\"details\":[1]}              | details     | JSON object",
        "a huge number in details         | {\"event_type\":\"a\",\"details\":{\"n\":1e999}}    | details     | floating-point",
        "NUL                              | {\"event_type\":\"a\",\"action\":\"\\u0000\"}       | action      | NUL",
        "NUL in details                   | {\"event_type\":\"a\",\"details\":{\"n\":\"\\u0000\"}} | details  | NUL",
        "a lone surrogate                 | {\"event_type\":\"a\",\"action\":\"\\ud800\"}       | action      | surrogate",
        "a lone surrogate in a key        | {\"event_type\":\"a\",\"details\":{\"\\udc00\":1}}  | details     | surrogate",
        "a raw control character          | {\"event_type\":\"a\tb\"}                           | (event)     | not JSON",
        "NaN                              | {\"event_type\":\"a\",\"details\":{\"n\":NaN}}      | (event)     | not JSON",
        "a comment                        | {\"event_type\":\"a\"/**/}                          | (event)     | not JSON"
      })
  void refusesWhatIsNotAnEventAndSaysWhatIs(String what, String json, String field, String says) {
    InvalidEventException refusal = refusal(json);
    assertThat(refusal).as(what).isNotNull();
    assertThat(refusal.field()).isEqualTo(field);
    assertThat(refusal).hasMessageContaining(says);
  }

  @ParameterizedTest
  @CsvSource({
    "event_type,128",
    "tenant,128",
    "actor_type,64",
    "actor_id,256",
    "actor_host,256",
    "session_id,128",
    "target_name,256",
    "event_id,128",
    "actor_username,256",
    "user_agent,512",
    "target_type,64",
    "target_id,256",
    "action,256",
    "request_id,128"
  })
  void everyLimitIsWhereTheFormatHasIt(String field, int maxBytes) {
    String base = field.equals("event_type") ? "{" : "{\"event_type\":\"a\",";
    assertThat(read(base + "\"" + field + "\":\"" + "x".repeat(maxBytes) + "\"}")).isNotNull();
    InvalidEventException refusal =
        refusal(base + "\"" + field + "\":\"" + "x".repeat(maxBytes + 1) + "\"}");
    assertThat(refusal.field()).isEqualTo(field);
    assertThat(refusal).hasMessageContaining("" + maxBytes);
    if (!field.equals("event_type")) {
      assertThat(refusal(base + "\"" + field + "\":\"" + "é".repeat(maxBytes / 2 + 1) + "\"}"))
          .hasMessageContaining("bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "iam.CreateUser",
        "team.user-added",
        "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE",
        "AWS::EC2::Instance.Stop",
        "_",
        "-"
      })
  void typesAreSpelledAsTheirSourceSpellsThem(String type) {
    assertThat(read("{\"event_type\":\"" + type + "\"}").eventType()).isEqualTo(type);
    assertThat(refusal("{\"event_type\":\"" + type + ".\"}")).isNotNull();
  }

  @Test
  void anIdOfAnActorIsKeptAsItWasSent() {
    assertThat(read("{\"event_type\":\"a\",\"actor_id\":7}").actorId()).isEqualTo(ActorId.of(7));
    assertThat(read("{\"event_type\":\"a\",\"actor_id\":\"7\"}").actorId())
        .isEqualTo(ActorId.of("7"))
        .isNotEqualTo(ActorId.of(7));
    assertThat(read("{ \"event_type\":\"a\",\"actor_id\":\"S-1-5-18\"}").actorId())
        .hasToString("S-1-5-18");
  }

  @Test
  void detailsHaveALimitOfDepthAndOfSize() {
    assertThat(read("{\"event_type\":\"a\",\"details\":" + nested(32) + "}")).isNotNull();
    assertThat(refusal("{\"event_type\":\"a\",\"details\":" + nested(33) + "}"))
        .hasMessageContaining("32");
    assertThat(refusal("{\"event_type\":\"a\",\"details\":" + nested(100) + "}"))
        .hasMessageContaining("32");
    assertThat(refusal("{\"event_type\":\"a\",\"details\":" + nested(100_000) + "}"))
        .hasMessageContaining("32");
    String large = "{\"event_type\":\"a\",\"details\":{\"k\":\"" + "x".repeat(49_144) + "\"}}";
    assertThat(read(large)).isNotNull();
    assertThat(refusal(large.replace("xx", "xxx"))).hasMessageContaining("49152");
    assertThat(refusal("{\"event_type\":\"a\",\"action\":\"" + "x".repeat(70_000) + "\"}"))
        .isNotNull();
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    for (byte[] bytes :
        List.of(
            "{\"event_type\":\"a\",\"action\":\"é\"}".getBytes(ISO_8859_1),
            "{\"event_type\":\"a\"}".getBytes(UTF_16),
            "\ufeff{\"event_type\":\"a\"}".getBytes(UTF_8),
            new byte[] {'{', (byte) 0xc0, (byte) 0x80, '}'},
            new byte[] {'{', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '}'},
            new byte[] {0, '{', 0, '}'})) {
      assertThatThrownBy(() -> EventReader.readOne(bytes))
          .isInstanceOf(InvalidEventException.class)
          .hasMessageContaining("UTF-8");
    }
  }

  @Test
  void aBatchIsRefusedWithTheIndexOfItsFirstBadEvent() {
    String good = "{\"event_type\":\"a\"}";
    assertThat(EventReader.readArray(("[" + good + "," + good + "]").getBytes(UTF_8), 2))
        .hasSize(2);
    assertThat(EventReader.readLines((good + "\r\n\n" + good).getBytes(UTF_8), 2)).hasSize(2);
    assertThatThrownBy(
            () -> EventReader.readArray(("[" + good + ",{\"action\":1}]").getBytes(UTF_8), 9))
        .asInstanceOf(InstanceOfAssertFactories.type(InvalidEventException.class))
        .returns(1, InvalidEventException::index);
    assertThatThrownBy(() -> EventReader.readLines((good + "\nx\n").getBytes(UTF_8), 9))
        .asInstanceOf(InstanceOfAssertFactories.type(InvalidEventException.class))
        .returns(1, InvalidEventException::index);
    assertThatThrownBy(
            () -> EventReader.readArray(("[" + good + "," + good + "]").getBytes(UTF_8), 1))
        .isInstanceOf(BatchTooLargeException.class);
    assertThatThrownBy(() -> EventReader.readLines((good + "\n" + good).getBytes(UTF_8), 1))
        .isInstanceOf(BatchTooLargeException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", " ", "[[]]", "[1]"})
  void aBatchWithoutEventsIsRefused(String json) {
    assertThatThrownBy(() -> EventReader.readAny(json.getBytes(UTF_8), 10))
        .isInstanceOf(InvalidEventException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "203.0.113.9,203.0.113.9",
    "2001:DB8:0:0:0:0:0:1,2001:db8::1",
    "2001:db8:0:1:1:1:1:1,2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1,2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1,2001:db8::1:0:0:1",
    "::,::",
    "1::,1::",
    "::ffff:203.0.113.9,203.0.113.9",
    "::FFFF:CB00:7109,203.0.113.9",
    "0:0:0:0:0:FFFF:10.0.0.1,10.0.0.1",
    "::203.0.113.9,::cb00:7109",
    "::1:ffff:203.0.113.9,::1:ffff:cb00:7109"
  })
  void addressesAreKeptInOneForm(String address, String canonical) {
    assertThat(Event.builder("a").actorIp(address).build().actorIp()).isEqualTo(canonical);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-23t03:05:09z,2026-11-23T03:05:09Z",
    "2026-11-23T03:05:09.5z,2026-11-23T03:05:09.5Z",
    "2026-11-23t03:05:09+01:00,2026-11-23T03:05:09+01:00",
    "2026-11-23T03:05:09.000-00:00,2026-11-23T03:05:09.000-00:00",
    "2016-12-31T23:59:60Z,2016-12-31T23:59:59.999999999Z",
    "2016-12-31t23:59:60.75z,2016-12-31T23:59:59.999999999Z",
    "2017-01-01T08:59:60+09:00,2017-01-01T08:59:59.999999999+09:00",
    "2015-06-30T16:59:60.5-07:00,2015-06-30T16:59:59.999999999-07:00"
  })
  void timesAreKeptInOneForm(String occurredAt, String stored) {
    Event event = Event.builder("a").occurredAt(occurredAt).build();
    assertThat(event.occurredAt()).isEqualTo(stored);
    assertThat(Event.builder("a").occurredAt(stored).build()).isEqualTo(event);
  }

  @Test
  void typesThatOnlyTheLogWritesAreRefusedHoweverTheyAreSent() {
    for (String type : new String[] {"audit", "audit.exported", "audit.hold.released", "audit.x"}) {
      for (String json :
          new String[] {
            "{\"event_type\":\"%s\"}",
            "{\"actor_id\":1, \"event_type\" : \"%s\" }",
            "{\"event_type\":\"%s\",\"actor_id\":1}"
          }) {
        byte[] event = json.formatted(type).getBytes(UTF_8);
        for (ThrowingCallable reading :
            List.<ThrowingCallable>of(
                () -> EventReader.readOne(event),
                () -> EventReader.readAny(event, 1),
                () -> EventReader.readLines(event, 1),
                () ->
                    EventReader.readArray(
                        ("[" + new String(event, UTF_8) + "]").getBytes(UTF_8), 1))) {
          assertThatThrownBy(reading)
              .as(json.formatted(type))
              .isInstanceOf(InvalidEventException.class)
              .hasMessageContaining("only the log itself writes")
              .hasMessageEndingWith("but was \"" + type + "\"");
        }
      }
    }
    for (String type : new String[] {"audits", "audit_x", "api_key.created", "auth.audit"}) {
      byte[] event = "{\"event_type\":\"%s\"}".formatted(type).getBytes(UTF_8);
      assertThat(EventReader.readOne(event).eventType()).isEqualTo(type);
    }
  }

  /**
   * In every way to write an event: the fast reader and the full one, alone, in arrays, in lines.
   */
  @Test
  void anEventHasTheStampOfItsKeyOrIsRefused() {
    EventReader.Rules rules =
        new EventReader.Rules(9, false, false, "key", Map.of(EntryField.TENANT, "acme"));
    for (String json : List.of("{\"event_type\":\"a.b\"%s}", "{ \"event_type\": \"a.b\"%s }")) {
      for (String tenant : List.of("", ",\"tenant\":\"acme\"", ",\"tenant\":null")) {
        byte[] event = json.formatted(tenant).getBytes(UTF_8);
        byte[] array = ("[" + json.formatted(tenant) + "]").getBytes(UTF_8);
        assertThat(
                List.of(
                    EventReader.readOne(event, rules),
                    EventReader.readAny(event, rules).events().getFirst(),
                    EventReader.readAny(array, rules).events().getFirst(),
                    EventReader.readLines(event, rules).events().getFirst()))
            .allSatisfy(read -> assertThat(read.text(EntryField.TENANT)).isEqualTo("acme"));
      }
      byte[] other = json.formatted(",\"tenant\":\"globex\"").getBytes(UTF_8);
      for (ThrowingCallable reading :
          List.<ThrowingCallable>of(
              () -> EventReader.readOne(other, rules),
              () -> EventReader.readAny(other, rules),
              () -> EventReader.readLines(other, rules))) {
        assertThatThrownBy(reading)
            .isInstanceOf(InvalidEventException.class)
            .hasMessageContaining("tenant must be \"acme\", which this key stamps on its events,");
      }
    }
  }

  @Test
  void theDocumentsEventTypesAreKnown() {
    assertThat(EventType.known()).hasSize(43);
    assertThat(EventType.of("auth.login.failed").security()).isTrue();
    assertThat(EventType.of("security.rate_limited").category()).isEqualTo("security");
    assertThat(EventType.of("my.own.type").name()).isEqualTo("MY_OWN_TYPE");
    assertThat(EventType.isKnown("my.own.type")).isFalse();
  }
}
