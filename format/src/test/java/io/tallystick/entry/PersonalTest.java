package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Personal values: named by events, committed to in entries, put back for reading. */
class PersonalTest {
  private static final Hash PREVIOUS = EntryHash.genesis("test");

  private static Event event(String json) {
    return EventReader.readOne(json.getBytes(UTF_8));
  }

  /** What is stored of an event, as it comes back. */
  private static ReadableEntry roundTrip(Event event) {
    EncodedEvent encoded = EntryCodec.encodeEvent(event, "web");
    return ReadableEntry.of(entry(encoded), encoded.personal());
  }

  private static Entry entry(EncodedEvent encoded) {
    byte[] bytes = new byte[EntryCodec.MAX_HEAD_BYTES];
    int end = EntryCodec.encodeHead(7, PREVIOUS.toBytes(), 0, 0, bytes, 0);
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(bytes, 0, end);
    whole.writeBytes(encoded.body());
    Entry entry = EntryCodec.decode(whole.toByteArray());
    assertThat(EntryCodec.encode(entry)).isEqualTo(whole.toByteArray());
    return entry;
  }

  private static List<String> names(Event event) {
    return event.personal().stream().map(PersonalField::toString).toList();
  }

  @Test
  void aPersonalValueIsNotInTheEntryAndComesBackWithIt() {
    Event sent =
        event(
            "{\"event_type\":\"a\",\"actor_id\":7,\"actor_username\":\"alice\",\"actor_ip\":\"2001:db8::1\","
                + "\"target_id\":\"\",\"details\":{\"user\":{\"email\":\"a@example.com\",\"n\":1.50},\"ok\":true},"
                + "\"personal\":[\"actor_id\",\"details.user.email\",\"actor_username\",\"target_id\",\"user_agent\","
                + "\"details.user.phone\"]}");
    assertThat(names(sent))
        .containsExactly("actor_id", "actor_username", "details.user.email", "target_id");
    EncodedEvent encoded = EntryCodec.encodeEvent(sent, null);
    String body = new String(encoded.body(), UTF_8);
    assertThat(body)
        .startsWith(
            ",\"event_type\":\"a\",\"actor_ip\":\"2001:db8::1\",\"details\":{\"user\":{\"email\":null,"
                + "\"n\":1.50},\"ok\":true},\"personal\":{\"actor_id\":\"")
        .doesNotContain("alice", "example");
    assertThat(encoded.personal().stream().map(PersonalValue::json))
        .containsExactly("7", "\"alice\"", "\"a@example.com\"", "\"\"");
    ReadableEntry read = ReadableEntry.of(entry(encoded), encoded.personal());
    assertThat(read.event()).isEqualTo(sent);
    assertThat(read.erased()).isEmpty();
    assertThat(read.text(EntryField.ACTOR_USERNAME)).isEqualTo("alice");
    assertThat(read.entry().event().actorUsername()).isNull();
  }

  @Test
  void aCommitmentIsTheHashOfTwoTheSaltAndTheValue() {
    Event event = Event.builder("a").actorUsername("jörg").build();
    EncodedEvent encoded =
        EntryCodec.encodeEvent(
            event.withPersonal(PersonalField.of(List.of("actor_username"))), null);
    PersonalValue value = encoded.personal().getFirst();
    ByteArrayOutputStream hashed = new ByteArrayOutputStream();
    hashed.write(2);
    hashed.writeBytes(value.salt());
    hashed.writeBytes("\"jörg\"".getBytes(UTF_8));
    Hash expected = Hash.of(Sha256.of(hashed.toByteArray()));
    assertThat(entry(encoded).personal().values()).containsExactly(expected);
    assertThat(value.saltText()).hasSize(22);
    assertThat(
            EntryCodec.encodeEvent(
                    event.withPersonal(PersonalField.of(List.of("actor_username"))), null)
                .personal()
                .getFirst())
        .as("each value has a salt of its own")
        .isNotEqualTo(value);
  }

  @Test
  void randomEventsComeBackAsTheyWereSent() {
    Random random = new Random(16);
    List<String> names =
        List.of(
            "actor_id",
            "actor_username",
            "actor_ip",
            "user_agent",
            "actor_host",
            "session_id",
            "target_id",
            "action",
            "target_name",
            "details.a",
            "details.a.b",
            "details.b.c",
            "details.a.b.c",
            "details.c");
    for (int i = 0; i < 20_000; i++) {
      Event.Builder builder = Event.builder("t").details(details(random));
      if (random.nextBoolean()) {
        builder.actorId(random.nextBoolean() ? ActorId.of("x\u0001") : ActorId.of(i));
      }
      builder.actorUsername(random.nextBoolean() ? "a\"ö\ud83d\ude00" : null);
      builder.actorIp(random.nextBoolean() ? "192.0.2.7" : null);
      builder.text(EntryField.ACTION, random.nextBoolean() ? "" : null);
      Event sent = builder.build();
      List<String> some = names.stream().filter(name -> random.nextInt(3) == 0).toList();
      Event personal = sent.withPersonal(PersonalField.of(some));
      assertThat(personal.withoutPersonal()).isEqualTo(sent);
      EncodedEvent encoded = EntryCodec.encodeEvent(personal, null);
      Entry entry = entry(encoded);
      ReadableEntry read = ReadableEntry.of(entry, encoded.personal());
      assertThat(read.event()).as(() -> personal + " " + some).isEqualTo(personal);
      List<PersonalValue> erased =
          encoded.personal().stream()
              .map(value -> PersonalValue.erased(value.value().length))
              .toList();
      ReadableEntry gone = ReadableEntry.of(entry, erased);
      assertThat(gone.erased()).isEqualTo(personal.personal());
      assertThat(gone.event()).isEqualTo(entry.event());
      int most = EntryCodec.MAX_HEAD_BYTES + encoded.body().length + encoded.personalBytes();
      assertThat(most).isLessThanOrEqualTo(EntryCodec.MAX_ENTRY_BYTES);
    }
  }

  private static Details details(Random random) {
    return Details.parse(object(random, 0));
  }

  private static String object(Random random, int depth) {
    List<String> members = new ArrayList<>();
    for (String key : List.of("a", "b", "c", "a.b", "b.c", "")) {
      if (random.nextInt(3) == 0) {
        members.add("\"" + key + "\":" + value(random, depth));
      }
    }
    return "{" + String.join(",", members) + "}";
  }

  private static String value(Random random, int depth) {
    return switch (random.nextInt(depth < 3 ? 6 : 4)) {
      case 0 -> "null";
      case 1 -> "1.50";
      case 2 -> "\"x\\n\"";
      case 3 -> "[1,{\"b\":2,\"c\":{\"c\":1}}]";
      default -> object(random, depth + 1);
    };
  }

  @Test
  void aPathThatLeadsThroughAnArrayNamesTheArray() {
    Event event =
        event(
            "{\"event_type\":\"a\",\"details\":{\"users\":[{\"email\":\"x\"},7]},\"personal\":[\"details.users.email\"]}");
    assertThat(names(event)).containsExactly("details.users");
    assertThat(new String(EntryCodec.encodeEvent(event, null).body(), UTF_8))
        .contains("{\"users\":null}");
    assertThat(roundTrip(event).event()).isEqualTo(event);
  }

  @Test
  void whereAPathLeadsToTwoValuesAllOfTheDetailsArePersonal() {
    Event event =
        event(
            "{\"event_type\":\"a\",\"details\":{\"a.b\":1,\"a\":{\"b\":2}},\"personal\":[\"details.a.b\"]}");
    assertThat(names(event)).containsExactly("details");
    assertThat(new String(EntryCodec.encodeEvent(event, null).body(), UTF_8))
        .startsWith(",\"event_type\":\"a\",\"personal\":{\"details\":\"");
    assertThat(roundTrip(event).event()).isEqualTo(event);
  }

  @Test
  void nullIsNoValueAndAnInnerPathIsCoveredByAnOuterOne() {
    Event event =
        event(
            "{\"event_type\":\"a\",\"details\":{\"a\":null,\"b\":{\"c\":1}},"
                + "\"personal\":[\"details.a\",\"details.b.c\",\"details.b\"]}");
    assertThat(names(event)).containsExactly("details.b");
    assertThat(event("{\"event_type\":\"a\",\"personal\":null}").personal()).isEmpty();
  }

  /** Otherwise what is left could be longer than details may be. */
  @Test
  void detailsThatWouldGrowAreTakenAsAWhole() {
    StringBuilder json = new StringBuilder("{");
    List<PersonalField> names = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      json.append("\"k").append(i).append("\":1,");
      names.add(PersonalField.of("details.k" + i));
    }
    json.append("\"x\":\"");
    json.append("x".repeat(Details.MAX_BYTES - json.length() - 2)).append("\"}");
    Event event =
        Event.builder("a").details(Details.parse(json.toString())).build().withPersonal(names);
    assertThat(names(event)).containsExactly("details");
    assertThat(roundTrip(event).event()).isEqualTo(event);
  }

  @Test
  void anAddressThatBecameTheHostIsAsPersonalAsTheAddress() {
    byte[] json = "{\"event_type\":\"a\",\"actor_ip\":\"alice-laptop\"}".getBytes(UTF_8);
    Event event =
        EventReader.readAny(json, new EventReader.Rules(1, true, false, null)).events().getFirst();
    assertThat(names(event.withPersonal(PersonalField.of(List.of("actor_ip")))))
        .containsExactly("actor_host");
  }

  @Test
  void whatSaysWhatHappenedCannotBePersonal() {
    for (String name :
        List.of(
            "event_type",
            "outcome",
            "severity",
            "tenant",
            "actor_type",
            "target_type",
            "occurred_at",
            "event_id",
            "request_id",
            "trace_id",
            "source",
            "source_seq",
            "altered",
            "personal",
            "id",
            "timestamp",
            "details.",
            "Actor_ip",
            "",
            "x".repeat(300),
            "details." + "x".repeat(300))) {
      String json = "{\"event_type\":\"a\",\"personal\":[\"" + name + "\"]}";
      assertThatThrownBy(() -> event(json))
          .as(name)
          .isInstanceOf(InvalidEventException.class)
          .hasMessageContaining("these can: actor_id, actor_username, ")
          .hasMessageContaining("details.PATH");
    }
    for (String wrong :
        List.of("7", "{\"a\":1}", "[1]", "[[\"actor_ip\"]]", "[{\"a\":[]}]", "\"actor_ip\"")) {
      String json = "{\"event_type\":\"a\",\"personal\":" + wrong + ",\"unknown\":1}";
      assertThatThrownBy(() -> event(json))
          .as(wrong)
          .isInstanceOfSatisfying(
              InvalidEventException.class,
              e ->
                  assertThat(e.faults())
                      .extracting("field")
                      .containsExactly("personal", "\"unknown\""));
    }
  }

  @Test
  void anEventHasAtMost256PersonalValues() {
    StringBuilder json = new StringBuilder("{\"k256\":0");
    IntStream.range(0, 256).forEach(i -> json.append(",\"k").append(i).append("\":1"));
    Event event = Event.builder("a").details(Details.parse(json + "}")).build();
    List<PersonalField> most =
        IntStream.range(0, 256).mapToObj(i -> PersonalField.of("details.k" + i)).toList();
    assertThat(roundTrip(event.withPersonal(most)).event().personal()).hasSize(256);
    Event full = event.withPersonal(most);
    assertThatThrownBy(() -> full.withPersonal(List.of(PersonalField.of("details.k256"))))
        .isInstanceOf(InvalidEventException.class)
        .hasMessageContaining("at most 256 personal values, but has 257");
  }

  /** The bytes of values count: an entry with its values has at most 65,535 bytes. */
  @Test
  void personalValuesCountTowardsTheLengthOfAnEntry() {
    Event.Builder builder =
        Event.builder("a").details(Details.parse("{\"a\":\"" + "x".repeat(49_140) + "\"}"));
    PersonalField.FIELDS.stream()
        .filter(field -> field != EntryField.DETAILS && field != EntryField.ACTOR_IP)
        .filter(field -> field != EntryField.ACTOR_ID)
        .forEach(field -> builder.text(field, "\u0001".repeat(field.maxBytes())));
    Event large = builder.build();
    assertThat(EntryCodec.encodeEvent(large, null).body()).hasSizeGreaterThan(60_000);
    List<PersonalField> all =
        PersonalField.of(PersonalField.FIELDS.stream().map(EntryField::toString).toList());
    EncodedEvent encoded = EntryCodec.encodeEvent(large.withPersonal(all), null);
    assertThat(encoded.body().length).isLessThan(1_000);
    assertThat(encoded.personalBytes()).isGreaterThan(60_000);
    Event larger =
        large.withPersonal(all).toBuilder().actorId(ActorId.of("\u0001".repeat(256))).build();
    Event.Builder more = larger.toBuilder();
    for (EntryField field :
        List.of(
            EntryField.TENANT,
            EntryField.ACTOR_TYPE,
            EntryField.TARGET_TYPE,
            EntryField.REQUEST_ID,
            EntryField.EVENT_ID)) {
      more.text(field, "\u0001".repeat(field.maxBytes()));
    }
    Event largest = more.build();
    assertThatThrownBy(() -> EntryCodec.encodeEvent(largest, "\u0001".repeat(64)))
        .isInstanceOf(InvalidEventException.class)
        .hasMessageContaining("65535 bytes");
  }

  @Test
  void onlyTheOneFormOfCommitmentsIsAnEntry() {
    Event sent =
        event(
            "{\"event_type\":\"a\",\"actor_username\":\"u\",\"details\":{\"a\":{\"b\":1}},\"target_id\":\"t\","
                + "\"personal\":[\"actor_username\",\"details.a.b\",\"target_id\"]}");
    String entry = new String(EntryCodec.encode(entry(EntryCodec.encodeEvent(sent, null))), UTF_8);
    String first =
        entry.substring(entry.indexOf("\"actor_username\":"), entry.indexOf(",\"details.a.b\""));
    for (Map.Entry<String, String> change :
        List.of(
            Map.entry(",\"personal\"", ",\"actor_host\":\"x\",\"personal\""),
            Map.entry("\"details\":{\"a\":{\"b\":null}}", "\"details\":{\"a\":{\"b\":1}}"),
            Map.entry(
                "\"details\":{\"a\":{\"b\":null}}",
                "\"details\":{\"a\":{\"b\":null},\"a.b\":null}"),
            Map.entry("\"details\":{\"a\":{\"b\":null}},", ""),
            Map.entry("\"details\":{\"a\":{\"b\":null}}", "\"details\":{\"a\":null}"),
            Map.entry("\"details.a.b\":", "\"details.a.c\":"),
            Map.entry("\"details.a.b\":", "\"tenant\":"),
            Map.entry("\"details.a.b\":", "\"actor_host\":"),
            Map.entry("\"target_id\":", "\"target_id\": "),
            Map.entry(first + ",", ""),
            Map.entry(first, first + "," + first),
            Map.entry(first, first.substring(0, first.length() - 2) + "\""),
            Map.entry(first, first.substring(0, first.length() - 2) + "=\""),
            Map.entry(first, first.substring(0, first.length() - 1) + "=\""),
            Map.entry(first, first.substring(0, first.length() - 2) + "B\""),
            Map.entry(
                first, first.replace("\":\"", "\":\"+").substring(0, first.length() - 1) + "\""),
            Map.entry("\"event_type\":\"a\"", "\"event_type\":\"a\",\"actor_username\":\"u\""))) {
      String changed = entry.replace(change.getKey(), change.getValue());
      assertThat(changed).isNotEqualTo(entry);
      if (changed.contains("\"personal\":{\"details")) {
        // Another entry, though not this one.
        assertThat(EntryCodec.encode(EntryCodec.decode(changed.getBytes(UTF_8))))
            .isEqualTo(changed.getBytes(UTF_8));
      } else {
        assertThatThrownBy(() -> EntryCodec.decode(changed.getBytes(UTF_8)))
            .as(changed)
            .isInstanceOf(InvalidEntryException.class);
      }
    }
  }

  @Test
  void aValueThatDoesNotOpenItsCommitmentIsAnError() {
    Event sent =
        event("{\"event_type\":\"a\",\"actor_username\":\"u\",\"personal\":[\"actor_username\"]}");
    EncodedEvent encoded = EntryCodec.encodeEvent(sent, null);
    Entry entry = entry(encoded);
    PersonalValue value = encoded.personal().getFirst();
    for (int bit = 0; bit < 8 * (PersonalValue.SALT_BYTES + value.value().length); bit++) {
      byte[] salt = value.salt().clone();
      byte[] json = value.value().clone();
      byte[] flipped = bit / 8 < salt.length ? salt : json;
      flipped[bit / 8 % PersonalValue.SALT_BYTES] ^= (byte) (1 << bit % 8);
      List<PersonalValue> damaged = List.of(new PersonalValue(salt, json));
      assertThatThrownBy(() -> ReadableEntry.of(entry, damaged))
          .isInstanceOf(InvalidEntryException.class)
          .hasMessage(
              "the personal value of actor_username of entry 7 is not the one that was written");
    }
    assertThatThrownBy(() -> ReadableEntry.of(entry, List.of()))
        .isInstanceOf(InvalidEntryException.class)
        .hasMessageContaining("names 1 personal values, and its block has 0");
    assertThat(value.toString()).doesNotContain("u\"");
  }

  /** It would be refused by whoever reads it, so no writer may make it. */
  @Test
  void anEntryCannotHaveACommitmentAndTheValue() {
    Map<PersonalField, Hash> commitments = Map.of(PersonalField.of("actor_username"), PREVIOUS);
    assertThatThrownBy(() ->
            new Entry(
                1,
                PREVIOUS,
                Instant.EPOCH,
                null,
                Event.builder("a").actorUsername("u").build(),
                commitments))
        .isInstanceOf(InvalidEntryException.class);
  }

  @Test
  void namesMoveAlongWhereAnUnknownTypeMovesTheDetails() {
    Event sent =
        event(
            "{\"event_type\":\"door.opened\",\"actor_username\":\"u\",\"details\":{\"a\":{\"b\":1},\"n\":2},"
                + "\"personal\":[\"details.a.b\",\"actor_username\"]}");
    Event stored = UnknownType.wrap(sent);
    assertThat(names(stored)).containsExactly("actor_username", "details.details.a.b");
    assertThat(UnknownType.original(roundTrip(stored).event())).isEqualTo(sent);
    Event whole = sent.withPersonal(List.of(PersonalField.DETAILS));
    assertThat(names(UnknownType.wrap(whole))).containsExactly("actor_username", "details.details");
    assertThat(UnknownType.original(roundTrip(UnknownType.wrap(whole)).event())).isEqualTo(whole);
  }

  @Test
  void theJsonOfAnEventIsWhatAClientCouldSend() {
    Event sent =
        event(
            "{\"event_type\":\"a\",\"actor_username\":\"u\",\"details\":{\"a\":{\"b\":1}},"
                + "\"personal\":[\"details.a.b\",\"actor_username\"]}");
    assertThat(sent.toString()).endsWith(",\"personal\":[\"actor_username\",\"details.a.b\"]}");
    assertThat(event(sent.toString())).isEqualTo(sent);
  }
}
