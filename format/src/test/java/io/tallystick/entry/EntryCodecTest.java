package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.text.Ascii;
import io.tallystick.tlog.Hash;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EntryCodecTest {
  private static final Hash PREVIOUS = EntryHash.genesis("example.com/log");
  private static final String[] TEXTS = {
    "", "a", "plain text", "\"quoted\" and \\ back", "line\nbreak\ttab\r\f\b", "\u0001\u001f",
        "\u007f",
    "Zoë", "日本語", "🔑", "\u2028\u2029", "\u202eright to left", "<script>", "\u001b[31m"
  };

  private static Random random(int seed) {
    return new Random(seed);
  }

  private static @Nullable String text(Random random, int maxBytes) {
    if (random.nextInt(3) == 0) {
      return null;
    }
    StringBuilder text = new StringBuilder();
    while (random.nextInt(4) > 0) {
      String more = TEXTS[random.nextInt(TEXTS.length)];
      if ((text + more).getBytes(UTF_8).length > maxBytes) {
        break;
      }
      text.append(more);
    }
    return text.toString();
  }

  private static String json(Random random, int depth) {
    return switch (random.nextInt(depth > 4 ? 6 : 8)) {
      case 0 -> "true";
      case 1 -> "false";
      case 2 -> "null";
      case 3 ->
          List.of("0", "-0", "1.50", "1E+2", "-7e-3", "12345678901234567890123", "1e308")
              .get(random.nextInt(7));
      case 4, 5 -> "\"t" + random.nextInt(1000) + "é\"";
      case 6 -> {
        StringBuilder array = new StringBuilder("[");
        for (int i = random.nextInt(4); i > 0; i--) {
          array.append(json(random, depth + 1)).append(i > 1 ? "," : "");
        }
        yield array.append("]").toString();
      }
      default -> object(random, depth);
    };
  }

  private static String object(Random random, int depth) {
    StringBuilder object = new StringBuilder("{");
    for (int i = random.nextInt(4); i > 0; i--) {
      object.append("\"k").append(i).append("\":").append(json(random, depth + 1));
      object.append(i > 1 ? "," : "");
    }
    return object.append("}").toString();
  }

  private static Event randomEvent(Random random) {
    Event.Builder event =
        Event.builder(
            List.of("a", "auth.login.failed", "x_1.y2.z", "iam.CreateUser", "A:b/C-d.e")
                .get(random.nextInt(5)));
    for (EntryField field : EntryField.OF_CLIENTS) {
      switch (field.kind) {
        case TYPE -> {}
        case WORD -> event.text(field, pick(random, field.words()));
        case ADDRESS ->
            event.text(field, random.nextBoolean() ? "2001:DB8:0:0::" + random.nextInt(9) : null);
        case TIME -> event.text(field, random.nextBoolean() ? "2015-12-10T06:55:48.5+01:00" : null);
        case TRACE -> event.text(field, random.nextBoolean() ? "0af7651916cd43dd".repeat(2) : null);
        case KEY -> event.text(field, random.nextBoolean() ? "e" + text(random, 127) : null);
        case TEXT -> event.text(field, text(random, field.maxBytes()));
        case ACTOR_ID -> event.actorId(actorId(random));
        case NUMBER -> event.sourceSeq(random.nextBoolean() ? 1 + (random.nextLong() >>> 2) : null);
        case DETAILS ->
            event.details(random.nextBoolean() ? Details.parse(object(random, 1)) : null);
        case PERSONAL -> {}
        case FIELDS -> throw new AssertionError();
      }
    }
    for (EntryField field : EntryField.MAY_BE_ALTERED) {
      if (random.nextInt(30) == 0) {
        event.altered(List.of(field));
      }
    }
    return event.build();
  }

  private static @Nullable ActorId actorId(Random random) {
    String text = text(random, 256);
    return switch (random.nextInt(3)) {
      case 0 -> ActorId.of(random.nextLong() >>> 1);
      case 1 -> text == null ? null : ActorId.of(text);
      default -> ActorId.of("7");
    };
  }

  private static @Nullable String pick(Random random, List<String> of) {
    int at = random.nextInt(of.size() + 1);
    return at == of.size() ? null : of.get(at);
  }

  private static Entry randomEntry(Random random) {
    Event event = randomEvent(random);
    Instant time =
        Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
    return new Entry(1 + (random.nextLong() >>> 2), PREVIOUS, time, text(random, 64), event);
  }

  /** docs/format.md has the same table. */
  @Test
  void fieldsStandInTheOrderOfTheFormat() {
    Event.Builder event = Event.builder("t");
    EntryField.OF_CLIENTS.stream()
        .filter(field -> field.kind == EntryField.Kind.TEXT || field.kind == EntryField.Kind.KEY)
        .forEach(field -> event.text(field, "x"));
    event
        .text(EntryField.OUTCOME, "failure")
        .text(EntryField.SEVERITY, "high")
        .actorId(ActorId.of("7"))
        .actorIp("192.0.2.1")
        .occurredAt("2026-01-01T00:00:00Z")
        .text(EntryField.TRACE_ID, "0".repeat(32))
        .sourceSeq(9L)
        .altered(List.of(EntryField.USER_AGENT, EntryField.DETAILS))
        .details(Details.parse("{}"));
    assertThat(new String(EntryCodec.encodeEvent(event.build(), "key").body(), UTF_8))
        .isEqualTo(
            ",\"event_type\":\"t\",\"outcome\":\"failure\",\"severity\":\"high\",\"tenant\":\"x\","
                + "\"actor_type\":\"x\",\"actor_id\":\"7\",\"actor_username\":\"x\",\"actor_ip\":\"192.0.2.1\","
                + "\"user_agent\":\"x\",\"actor_host\":\"x\",\"session_id\":\"x\",\"target_type\":\"x\","
                + "\"target_id\":\"x\",\"action\":\"x\",\"target_name\":\"x\","
                + "\"occurred_at\":\"2026-01-01T00:00:00Z\",\"event_id\":\"x\",\"request_id\":\"x\","
                + "\"trace_id\":\"00000000000000000000000000000000\",\"source\":\"key\",\"source_seq\":9,"
                + "\"altered\":[\"user_agent\",\"details\"],\"details\":{}}");
  }

  /** What the version before outcome, tenant and the rest wrote. */
  @Test
  void entriesOfTheFirstVersionAreEntries() {
    for (String body :
        List.of(
            "\"event_type\":\"audit.log.created\"}",
            "\"event_type\":\"auth.login.success\",\"actor_id\":7,\"actor_username\":\"alice\","
                + "\"actor_ip\":\"192.0.2.10\",\"user_agent\":\"Mozilla/5.0\",\"target_type\":\"user\","
                + "\"target_id\":\"42\",\"action\":\"raise\",\"occurred_at\":\"2015-12-10T06:55:48.5+01:00\","
                + "\"request_id\":\"\",\"source\":\"admin\",\"details\":{\"from\":1.50}}")) {
      byte[] bytes =
          ("{\"id\":7,\"previous_hash\":\""
                  + PREVIOUS
                  + "\",\"timestamp\":\"2026-11-23T03:05:09.000000000Z\","
                  + body)
              .getBytes(UTF_8);
      assertThat(decodesToItself(bytes)).as(body).isTrue();
    }
  }

  @Test
  void everyEntryComesBackFromItsBytes() {
    Random random = random(1);
    for (int i = 0; i < 20_000; i++) {
      Entry entry = randomEntry(random);
      byte[] bytes = EntryCodec.encode(entry);
      assertThat(EntryCodec.decode(bytes)).isEqualTo(entry);
      EntryCodec.Head head = EntryCodec.decodeHead(bytes, 0, bytes.length);
      assertThat(head.id()).isEqualTo(entry.id());
      assertThat(head.previousHash()).isEqualTo(entry.previousHash());
      assertThat(Instant.ofEpochSecond(head.epochSecond(), head.nano()))
          .isEqualTo(entry.timestamp());
    }
  }

  @Test
  void mappedAddressesOfOlderVersionsAreStillRead() {
    Event stored = Event.builder("a").actorIp("::ffff:10.0.0.1").buildAsStored();
    byte[] bytes = EntryCodec.encode(new Entry(7, PREVIOUS, Instant.EPOCH, null, stored));
    assertThat(new String(bytes, UTF_8)).contains("\"actor_ip\":\"::ffff:10.0.0.1\"");
    assertThat(decodesToItself(bytes)).isTrue();
    assertThat(EntryCodec.decode(bytes).event()).isEqualTo(stored);
  }

  @Test
  void bytesThatDecodeEncodeToThemselvesAndMostChangesDoNotDecode() {
    Random random = random(2);
    int decoded = 0;
    int refused = 0;
    for (int i = 0; i < 60; i++) {
      byte[] bytes = EntryCodec.encode(randomEntry(random));
      for (int bit = 0; bit < bytes.length * 8; bit++) {
        byte[] changed = bytes.clone();
        changed[bit / 8] ^= (byte) (1 << bit % 8);
        if (decodesToItself(changed)) {
          decoded++;
        } else {
          refused++;
        }
      }
      for (int j = 0; j < 300; j++) {
        decodesToItself(edited(bytes, random));
      }
    }
    assertThat(decoded).isPositive();
    assertThat(refused).isPositive();
  }

  private static byte[] edited(byte[] bytes, Random random) {
    int at = random.nextInt(bytes.length);
    int end = Math.min(bytes.length, at + random.nextInt(8));
    byte[] with = new byte[random.nextInt(3)];
    for (int i = 0; i < with.length; i++) {
      with[i] = (byte) "\"{}[],:0e.\\u \0x".charAt(random.nextInt(15));
    }
    byte[] edited = new byte[bytes.length - (end - at) + with.length];
    System.arraycopy(bytes, 0, edited, 0, at);
    System.arraycopy(with, 0, edited, at, with.length);
    System.arraycopy(bytes, end, edited, at + with.length, bytes.length - end);
    return edited;
  }

  /** Whether the bytes decode; fails if they decode to something that has other bytes. */
  private static boolean decodesToItself(byte[] bytes) {
    Entry entry;
    try {
      entry = EntryCodec.decode(bytes);
    } catch (InvalidEntryException e) {
      return false;
    }
    assertThat(EntryCodec.encode(entry)).as(() -> new String(bytes, UTF_8)).isEqualTo(bytes);
    return true;
  }

  @Test
  void otherFormsOfTheSameJsonAreNotAnEntry() {
    String good =
        new String(
            EntryCodec.encode(
                new Entry(
                    7,
                    PREVIOUS,
                    Instant.parse("2026-11-23T03:05:09Z"),
                    null,
                    Event.builder("user.created")
                        .text(EntryField.OUTCOME, "success")
                        .actorId(5L)
                        .actorIp("2001:db8::1")
                        .action("a/b")
                        .altered(List.of(EntryField.ACTION, EntryField.DETAILS))
                        .details(Details.parse("{\"a\":{\"b\":1.0}}"))
                        .build())),
            UTF_8);
    assertThat(EntryCodec.decode(good.getBytes(UTF_8)).id()).isEqualTo(7);
    for (String other :
        List.of(
            good + "\n",
            " " + good,
            good.replace(",\"actor_id\"", ", \"actor_id\""),
            good.replace("\"id\":7", "\"id\":07"),
            good.replace("\"id\":7", "\"id\":0"),
            good.replace("\"id\":7", "\"id\":-7"),
            good.replace("\"id\":7", "\"id\":7.0"),
            good.replace("09.000000000Z", "09Z"),
            good.replace("09.000000000Z", "09.000000000+00:00"),
            good.replace("2026-11-23", "2026-02-30"),
            good.replace("\"success\"", "\"Success\""),
            good.replace("\"success\"", "\"\""),
            good.replace("\"actor_id\":5", "\"actor_id\":5.0"),
            good.replace("\"actor_id\":5", "\"actor_id\":\"" + "x".repeat(257) + "\""),
            good.replace("\"action\",\"details\"]", "\"details\",\"action\"]"),
            good.replace("\"action\",\"details\"]", "\"action\",\"action\"]"),
            good.replace("\"action\",\"details\"]", "\"action\",\"source\"]"),
            good.replace("\"action\",\"details\"]", "\"action\",\"id\"]"),
            good.replace("\"action\",\"details\"]", "]"),
            good.replace("\"altered\":", "\"source_seq\":0,\"altered\":"),
            good.replace("\"altered\":", "\"event_id\":\"e\",\"altered\":")
                .replace("\"e\"", "\"\""),
            good.replace("2001:db8::1", "2001:DB8::1"),
            good.replace("2001:db8::1", "2001:db8:0::1"),
            good.replace("a/b", "a\\/b"),
            good.replace("a/b", "\\u0061/b"),
            good.replace("a/b", "\\u0000"),
            good.replace("a/b", "\\u000A"),
            good.replace("a/b", "\\u000a"),
            good.replace("1.0", "01.0"),
            good.replace("1.0", "1."),
            good.replace("1.0", "+1"),
            good.replace("1.0", "1e999"),
            good.replace("{\"b\":1.0}", "{\"b\":1.0,\"b\":2}"),
            good.replace(",\"action\":\"a/b\"", ",\"action\":\"a/b\",\"action\":\"a/b\""),
            good.replace("\"details\":{\"a\":{\"b\":1.0}}", "\"details\":[1]"),
            good.replace("\"event_type\":\"user.created\",", ""),
            good.replace("}}}", "}},\"new\":1}"))) {
      assertThat(other).isNotEqualTo(good);
      assertThatThrownBy(() -> EntryCodec.decode(other.getBytes(UTF_8)))
          .as(other)
          .isInstanceOf(InvalidEntryException.class);
    }
  }

  @Test
  void anEntryIsAtMostWhatTwoLengthBytesCanSay() {
    Details details = Details.parse("{\"d\":\"" + "x".repeat(Details.MAX_BYTES - 8) + "\"}");
    assertThat(details.toString()).hasSize(Details.MAX_BYTES);
    String control = "\u0001".repeat(256);
    Event large =
        Event.builder("a")
            .actorUsername(control)
            .userAgent(control + control)
            .targetId(control)
            .action(control)
            .details(details)
            .build();
    assertThat(EntryCodec.encodeEvent(large, null).body().length)
        .isLessThan(EntryCodec.MAX_ENTRY_BYTES);
    assertThatThrownBy(() ->
            EntryCodec.encodeEvent(
                Event.builder("a")
                    .actorUsername(control)
                    .userAgent(control + control)
                    .targetId(control)
                    .action(control)
                    .text(EntryField.ACTOR_HOST, control)
                    .text(EntryField.TARGET_NAME, control)
                    .actorId(ActorId.of(control))
                    .text(EntryField.TENANT, "\u0001".repeat(128))
                    .text(EntryField.SESSION_ID, "\u0001".repeat(128))
                    .text(EntryField.ACTOR_TYPE, "\u0001".repeat(64))
                    .text(EntryField.TARGET_TYPE, "\u0001".repeat(64))
                    .requestId("\u0001".repeat(128))
                    .eventId("\u0001".repeat(128))
                    .details(details)
                    .build(),
                null))
        .isInstanceOf(InvalidEventException.class)
        .hasMessageContaining("65535");
  }

  @Test
  void numbersOfEveryLengthAreWrittenAsTheyAre() {
    byte[] target = new byte[32];
    Random random = random(3);
    for (int i = 0; i < 200_000; i++) {
      long value = (random.nextLong() >>> 1) >>> random.nextInt(63);
      int end = Ascii.putLong(value, target, 3);
      assertThat(new String(target, 3, end - 3, UTF_8)).isEqualTo(Long.toString(value));
    }
    for (int count = 1; count <= 9; count++) {
      Ascii.putDigits(7, target, 0, count);
      assertThat(new String(target, 0, count, UTF_8)).isEqualTo("0".repeat(count - 1) + "7");
    }
  }

  @Test
  void theHeadNeverHasMoreBytesThanItsLimit() {
    byte[] target = new byte[EntryCodec.MAX_HEAD_BYTES];
    byte[] hash = PREVIOUS.toBytes();
    assertThat(EntryCodec.encodeHead(Long.MAX_VALUE, hash, 1_795_000_000L, 999_999_999, target, 0))
        .isEqualTo(EntryCodec.MAX_HEAD_BYTES);
    assertThat(new String(target, UTF_8)).contains("9223372036854775807").endsWith(".999999999Z\"");
    assertThat(Arrays.equals(hash, PREVIOUS.toBytes())).isTrue();
  }
}
