package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The short way to read an event must never say something else than the strict reader. */
class CompactEventTest {
  private static final int ROUNDS = Boolean.getBoolean("tallystick.long") ? 20_000_000 : 200_000;
  private static final List<String> TEXTS =
      List.of(
          "a",
          "",
          "é",
          "😀",
          "\\n",
          "\\u0001",
          "\\u00e9",
          "\\/",
          "\\\"",
          "x\u007fy",
          "\\ud800",
          "\\u0000",
          "GET /v1/things?a=b",
          "\t");
  private static final List<String> VALUES =
      List.of(
          "0",
          "1",
          "-1",
          "01",
          "1.5",
          "1e3",
          "123456789012345678",
          "9223372036854775807",
          "9223372036854775808",
          "null",
          "true",
          "[]",
          "{}",
          "\"a\"",
          "{\"k\":1,\"k\":2}",
          "{\"k\":[1,\"x\",null,{\"y\":1E+2}],\"l\":\"é\"}",
          "{ \"k\" : 1 }",
          "{\"k\":1e999}",
          "{\"\":-0}");
  private static final List<String> FIELDS =
      List.of(
          "event_type",
          "actor_id",
          "actor_username",
          "actor_ip",
          "user_agent",
          "target_type",
          "target_id",
          "action",
          "occurred_at",
          "request_id",
          "outcome",
          "severity",
          "tenant",
          "actor_type",
          "actor_host",
          "session_id",
          "target_name",
          "event_id",
          "trace_id",
          "source_seq",
          "details",
          "id",
          "event_typ",
          "");

  private static final List<String> ADDRESSES =
      List.of("\"203.0.113.7\"", "\"2001:DB8::1\"", "\"::ffff:10.0.0.1\"", "\"x\"");

  private static final List<String> TIMES =
      List.of(
          "\"2026-11-23T03:05:09Z\"",
          "\"2026-11-23t03:05:09.5z\"",
          "\"2016-12-31T23:59:60Z\"",
          "\"today\"");

  private static @Nullable Event compact(byte[] json) {
    return CompactEvent.read(json, 0, json.length);
  }

  /** What the strict reader makes of it; {@code null} if it refuses it. */
  private static @Nullable Event strict(byte[] json) {
    try {
      EventReader.Batch batch = EventReader.parse(json, EventReader.Rules.strict(1));
      return batch.single() ? batch.events().getFirst() : null;
    } catch (InvalidEventException e) {
      return null;
    }
  }

  private static <T> T any(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** An object that is mostly an event, in mostly compact form. */
  private static byte[] json(Random random) {
    List<String> members = new ArrayList<>();
    members.add("\"event_type\":\"auth.login\"");
    for (int i = random.nextInt(6); i > 0; i--) {
      String field = any(random, FIELDS.subList(0, random.nextInt(8) == 0 ? 24 : 21));
      String value =
          switch (field) {
            case "outcome" -> any(random, List.of("\"success\"", "\"failure\"", "\"Failure\""));
            case "severity" -> any(random, List.of("\"low\"", "\"fatal\"", "\"none\""));
            case "trace_id" ->
                any(random, List.of("\"0af7651916cd43dd8448eb211c80319c\"", "\"x\""));
            case "actor_id", "details", "source_seq" -> any(random, VALUES);
            case "actor_ip" -> any(random, ADDRESSES);
            case "occurred_at" -> any(random, TIMES);
            default -> '"' + any(random, TEXTS) + any(random, TEXTS) + '"';
          };
      members.add('"' + field + "\":" + (random.nextInt(20) == 0 ? any(random, VALUES) : value));
    }
    Collections.shuffle(members, random);
    String comma = random.nextInt(4) == 0 ? " ,\t" : ",";
    byte[] json = ("{" + String.join(comma, members) + "}").getBytes(UTF_8);
    for (int i = random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0; i > 0; i--) {
      int at = random.nextInt(json.length);
      switch (random.nextInt(3)) {
        case 0 -> json[at] = (byte) random.nextInt(256);
        case 1 -> json = Arrays.copyOf(json, at + 1);
        default -> json[at] = json[random.nextInt(json.length)];
      }
    }
    return json;
  }

  @Test
  void saysWhatTheStrictReaderSaysOrNothing() {
    Random random = new Random(14);
    int read = 0;
    for (int i = 0; i < ROUNDS; i++) {
      byte[] json = json(random);
      Event event = compact(json);
      if (event != null) {
        assertThat(event).as(new String(json, UTF_8)).isEqualTo(strict(json));
        read++;
      }
    }
    assertThat(read).as("read the short way").isGreaterThan(ROUNDS / 8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"event_type\":\"auth.login.failed\"}",
        " {\"event_type\": \"a\", \"actor_id\": 17, \"actor_username\": \"Zoë\"}\r",
        "{\"details\":{\"a\":[1,{\"b\":null}],\"c\":\"é\"},\"actor_ip\":\"2001:db8::1\",\"event_type\":\"a\"}",
        "{\"event_type\":\"iam.CreateUser\",\"actor_id\":\"arn:aws:iam::1:user/a\",\"outcome\":\"failure\",\"source_seq\":3}",
        "{\"actor_id\":0,\"occurred_at\":\"2026-11-23T03:05:09.5+01:00\",\"event_type\":\"a\"}",
      })
  void readsWhatClientsMostlySend(String json) {
    assertThat(compact(json.getBytes(UTF_8))).isNotNull().isEqualTo(strict(json.getBytes(UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"event_type\":\"a\",\"event_type\":\"a\"}",
        "{\"event_type\":\"a\",\"actor_id\":01}",
        "{\"event_type\":\"a\",\"action\":\"\\/\"}",
        "{\"event_type\":\"a\",\"details\":{\"k\":1,\"k\":1}}",
        "{\"event_type\":\"a\",\"id\":1}",
        "{\"event_type\":\"a\"}x",
        "{\"event_type\":\"a\",}",
        "{\"event_type\":\"A b\"}",
        "{\"event_type\":\"a\",\"event_id\":\"\"}",
        "{\"event_type\":\"a\",\"source_seq\":0}",
        "{\"event_type\":\"a\",\"altered\":[\"action\"]}",
        "{}",
        "[]",
        "",
      })
  void leavesTheRestToTheStrictReader(String json) {
    assertThat(compact(json.getBytes(UTF_8))).isNull();
  }

  @Test
  void readsLinesAmongOthers() {
    String line = "{\"event_type\":\"a\",\"actor_id\":1}\n";
    byte[] lines = (line + "\n{ \"event_type\" : \"\\u0062\" }\n" + line).getBytes(UTF_8);
    assertThat(EventReader.readLines(lines, 10))
        .extracting(Event::eventType)
        .containsExactly("a", "b", "a");
  }
}
