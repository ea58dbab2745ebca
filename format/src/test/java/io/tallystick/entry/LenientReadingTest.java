package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What outsiders send must not keep an event, nor its neighbours, out of the log. */
class LenientReadingTest {
  private static final EventReader.Rules STRICT = EventReader.Rules.strict(1_000);
  private static final EventReader.Rules TRUNCATE =
      new EventReader.Rules(1_000, true, false, "key");
  private static final EventReader.Rules PARTIAL = new EventReader.Rules(1_000, false, true, "key");

  private static Event truncated(String json) {
    return EventReader.readAny(json.getBytes(UTF_8), TRUNCATE).events().getFirst();
  }

  /** A hundred events: at 10 a long name, at 20 NUL, at 30 a lone surrogate, at 40 a long agent. */
  private static byte[] hundred(String begin, String between, String end) {
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
          "{\"event_type\":\"auth.login.failed\",\"request_id\":\"" + i + "\"" + extra + "}");
    }
    return (begin + String.join(between, events) + end).getBytes(UTF_8);
  }

  @Test
  void ofAHundredEventsFourAreListedWhenStrictRejectedWhenPartialAndKeptWhenTruncated() {
    byte[] array = hundred("[", ",", "]");
    InvalidEventException refusal =
        catchThrowableOfType(InvalidEventException.class, () -> EventReader.readAny(array, STRICT));
    assertThat(refusal.faults())
        .extracting(InvalidEventException.Fault::index, InvalidEventException.Fault::field)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(10, "actor_username"),
            org.assertj.core.groups.Tuple.tuple(20, "action"),
            org.assertj.core.groups.Tuple.tuple(30, "target_id"),
            org.assertj.core.groups.Tuple.tuple(40, "user_agent"));

    for (EventReader.Batch partial :
        List.of(
            EventReader.readAny(array, PARTIAL),
            EventReader.readLines(hundred("", "\n", "\n"), PARTIAL))) {
      assertThat(partial.events()).hasSize(96);
      assertThat(partial.rejected()).containsOnlyKeys(10, 20, 30, 40);
      for (int i = 0; i < 96; i++) {
        assertThat(partial.events().get(i).text(EntryField.REQUEST_ID))
            .isEqualTo(partial.positions().get(i).toString());
      }
    }

    List<Event> all = EventReader.readAny(array, TRUNCATE).events();
    assertThat(all).hasSize(100);
    assertThat(all.get(10).actorUsername()).isEqualTo("n".repeat(256));
    assertThat(all.get(10).altered()).containsExactly(EntryField.ACTOR_USERNAME);
    assertThat(all.get(20).action()).isEqualTo("a\ufffdb");
    assertThat(all.get(30).targetId()).isEqualTo("\ufffd");
    assertThat(all.get(40).userAgent()).isEqualTo("u".repeat(512));
    assertThat(all.stream().filter(event -> !event.altered().isEmpty())).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"event_type\":\"b\",\"action\":\"x\",\"action\":\"y\"}       | action",
        "{\"event_type\":\"b\",\"event_type\":\"b\"}                  | event_type",
        "{\"event_type\":\"b\",\"x\":1,\"x\":2}                     | \"x\"",
        "{\"event_type\":\"b\",\"details\":{\"k\":[{\"n\":1,\"n\":2}]}} | details",
      })
  void aFieldThatStandsTwiceRefusesItsEventAndNotTheArray(String twice, String field) {
    byte[] three =
        ("[{\"event_type\":\"a\",\"details\":{\"n\":1,\"o\":{\"n\":2}}},"
                + twice
                + ",{\"event_type\":\"c\"}]")
            .getBytes(UTF_8);
    EventReader.Batch some = EventReader.readAny(three, PARTIAL);
    assertThat(some.events()).extracting(Event::eventType).containsExactly("a", "c");
    assertThat(some.rejected()).containsOnlyKeys(1);
    assertThat(some.rejected().get(1))
        .anySatisfy(fault -> {
          assertThat(fault.field()).isEqualTo(field);
          assertThat(fault.reason()).contains("twice");
        });
    assertThatThrownBy(() -> EventReader.readAny(three, STRICT)).hasMessageContaining(field);
  }

  @Test
  void textsAreCutBetweenCharacters() {
    for (String character : List.of("é", "日", "🔑")) {
      for (int before = 0; before < 4; before++) {
        String name = "a".repeat(before) + character.repeat(200);
        String kept =
            String.valueOf(
                truncated("{\"event_type\":\"a\",\"actor_username\":\"" + name + "\"}")
                    .actorUsername());
        int bytes = character.getBytes(UTF_8).length;
        assertThat(kept).isEqualTo("a".repeat(before) + character.repeat((256 - before) / bytes));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "203.0.113.9:443,203.0.113.9:443",
    "-,-",
    "AWS Internal,AWS Internal",
    "fe80::1%eth0,fe80::1%eth0"
  })
  void anAddressThatIsNoneGoesToTheHost(String address, String host) {
    Event event = truncated("{\"event_type\":\"a\",\"actor_ip\":\"" + address + "\"}");
    assertThat(event.actorIp()).isNull();
    assertThat(event.text(EntryField.ACTOR_HOST)).isEqualTo(host);
    assertThat(event.altered()).containsExactly(EntryField.ACTOR_IP, EntryField.ACTOR_HOST);
    assertThat(
            truncated(
                    "{\"event_type\":\"a\",\"actor_host\":\"web-1\",\"actor_ip\":\""
                        + address
                        + "\"}")
                .text(EntryField.ACTOR_HOST))
        .isEqualTo("web-1 " + host);
  }

  @Test
  void aGoodAddressIsNotAltered() {
    Event event = truncated("{ \"event_type\":\"a\",\"actor_ip\":\"::ffff:10.0.0.1\"}");
    assertThat(event.actorIp()).isEqualTo("10.0.0.1");
    assertThat(event.altered()).isEmpty();
  }

  @Test
  void detailsAreCleanedAndTheirTextsCutWhereTheWholeIsTooLong() {
    Event cleaned =
        truncated("{\"event_type\":\"a\",\"details\":{\"k\\u0000\":\"\\udc00\",\"n\":1.50}}");
    assertThat(cleaned.details()).hasToString("{\"k\ufffd\":\"\ufffd\",\"n\":1.50}");
    assertThat(cleaned.altered()).containsExactly(EntryField.DETAILS);

    String large = "x".repeat(60_000);
    Event cut =
        truncated("{\"event_type\":\"a\",\"details\":{\"b\":\"" + large + "\",\"s\":[\"y\",1]}}");
    assertThat(cut.details()).hasToString("{\"b\":\"" + "x".repeat(1_024) + "\",\"s\":[\"y\",1]}");
    assertThat(cut.altered()).containsExactly(EntryField.DETAILS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "not JSON               | {\"event_type\":\"a\"                                     | (event)",
        "a number for a text    | {\"event_type\":\"a\",\"action\":1}                        | action",
        "an unknown field       | {\"event_type\":\"a\",\"actor\":\"x\"}                     | \"actor\"",
        "no type                | {\"action\":\"x\"}                                         | event_type",
        "a time that is none    | {\"event_type\":\"a\",\"occurred_at\":\"now\"}             | occurred_at",
        "an outcome that is none| {\"event_type\":\"a\",\"outcome\":\"ok\"}                  | outcome",
        "keys that become equal | {\"event_type\":\"a\",\"details\":{\"\\u0000\":1,\"\\ud800\":2}} | details",
        "an id with NUL         | {\"event_type\":\"a\",\"event_id\":\"\\u0000\"}            | event_id",
      })
  void structureIsNeverGuessed(String what, String json, String field) {
    assertThat(catchThrowableOfType(InvalidEventException.class, () -> truncated(json)).field())
        .as(what)
        .isEqualTo(field);
  }

  /**
   * Two long ids that were cut could be equal, and one of the events would count as sent before.
   */
  @Test
  void anIdempotencyKeyIsNotCut() {
    String id = "e".repeat(129);
    assertThatThrownBy(() -> truncated("{\"event_type\":\"a\",\"event_id\":\"" + id + "\"}"))
        .hasMessageContaining("128");
  }

  @Test
  void aTypeIsCutToATypeStill() {
    String type = "a".repeat(127) + ".b";
    assertThat(truncated("{\"event_type\":\"" + type + "\"}").eventType())
        .isEqualTo("a".repeat(127));
  }

  @Test
  void aBrokenArrayIsRefusedAsAWholeAndABrokenLineAlone() {
    String good = "{\"event_type\":\"a\"}";
    assertThatThrownBy(() -> EventReader.readAny(("[" + good + ",{]").getBytes(UTF_8), PARTIAL))
        .isInstanceOf(InvalidEventException.class);
    assertThatThrownBy(() -> EventReader.readAny(("[" + good + "] x").getBytes(UTF_8), PARTIAL))
        .isInstanceOf(InvalidEventException.class);
    EventReader.Batch lines =
        EventReader.readLines((good + "\n{]\n" + good).getBytes(UTF_8), PARTIAL);
    assertThat(lines.positions()).containsExactly(0, 2);
    assertThat(lines.rejected()).containsOnlyKeys(1);
  }

  /** Each of these fits a field, and together they do not fit an entry. */
  @Test
  void anEventWithoutRoomInAnEntryIsOneOfTheRejected() {
    StringBuilder large = new StringBuilder("{\"event_type\":\"a\"");
    for (EntryField field : EntryField.OF_CLIENTS) {
      if (field.kind == EntryField.Kind.TEXT || field.kind == EntryField.Kind.KEY) {
        String control = "\\u0001".repeat(field.maxBytes());
        large.append(",\"").append(field).append("\":\"").append(control).append('"');
      }
    }
    large.append(",\"actor_id\":\"").append("\\u0001".repeat(256)).append('"');
    large.append(",\"details\":{\"d\":\"").append("x".repeat(49_140)).append("\"}}");
    EventReader.Batch batch =
        EventReader.readAny(("[{\"event_type\":\"a\"}," + large + "]").getBytes(UTF_8), PARTIAL);
    assertThat(batch.events()).hasSize(1);
    assertThat(batch.rejected()).containsOnlyKeys(1);
    assertThat(batch.rejected().toString()).contains("65535");
  }

  @Test
  void everyRejectedEventIsNamedWithAReasonHoweverManyThereAre() {
    String bad = "{\"event_type\":\"A \",\"x\":1,\"y\":2}";
    EventReader.Batch batch =
        EventReader.readAny(
            ("[" + "{\"event_type\":\"a\"}," + (bad + ",").repeat(500) + bad + "]").getBytes(UTF_8),
            PARTIAL);
    assertThat(batch.rejected())
        .hasSize(501)
        .allSatisfy((i, faults) -> assertThat(faults).isNotEmpty());
  }
}
