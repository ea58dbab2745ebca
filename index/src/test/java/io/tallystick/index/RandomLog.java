package io.tallystick.index;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.ActorId;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.entry.UnknownType;
import io.tallystick.index.scope.Scope;
import io.tallystick.index.text.TextMatch;
import io.tallystick.store.AuditLog;
import java.io.IOException;
import java.text.Normalizer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Logs of random entries, and the results of queries over them, computed without the index. */
final class RandomLog {
  private static final String[] TYPES = {
    "auth.login.failed", "auth.login.success", "user.created", "security.suspicious", "custom.thing"
  };

  private static final Pattern DETAIL =
      Pattern.compile(
          "\"(?<path>[a-z.]+)\":(?:\\[(?<array>[^]]*)]|(?<value>\"[^\"]*\"|[a-z0-9]+))");

  private static final int[] OCCURRED_YEARS = {0, 3, 1500, 2020, 2021, 2600, 9999};

  private RandomLog() {}

  private static @Nullable String pick(Random random, String prefix, int n) {
    int i = random.nextInt(n + 1);
    return i == n ? null : prefix + i;
  }

  /** The same in one of the ways to write it: upper case, full-width, with a star, or as it is. */
  private static @Nullable String pickName(Random random, String prefix, int n) {
    String name = pick(random, prefix, n);
    return name == null ? null : another(random, name);
  }

  private static String another(Random random, String text) {
    return switch (random.nextInt(5)) {
      case 0 -> text.toUpperCase(Locale.ROOT);
      case 1 -> text.charAt(0) < 0x80 ? (char) (text.charAt(0) + 0xFEE0) + text.substring(1) : text;
      case 2 -> text + "*";
      default -> text;
    };
  }

  static Event randomEvent(Random random) {
    Event event = randomOrdinary(random);
    return random.nextInt(8) == 0 ? UnknownType.wrap(event) : event;
  }

  private static Event randomOrdinary(Random random) {
    return Event.builder(TYPES[random.nextInt(TYPES.length)])
        .text(EntryField.OUTCOME, any(random, EntryField.OUTCOME.words()))
        .text(EntryField.SEVERITY, any(random, EntryField.SEVERITY.words()))
        .text(EntryField.TENANT, pickName(random, "tenant", 2))
        .text(EntryField.ACTOR_TYPE, pickName(random, "kind", 2))
        .actorId(actorId(random))
        .actorUsername(pickName(random, "name", 3))
        .actorIp(pick(random, "203.0.113.", 3))
        .targetType(random.nextBoolean() ? another(random, "user") : pickName(random, "type", 2))
        .targetId(random.nextBoolean() ? Integer.toString(random.nextInt(4)) : null)
        .text(EntryField.ACTOR_HOST, pickName(random, "host", 2))
        .text(EntryField.SESSION_ID, pick(random, "s", 5))
        .text(EntryField.TARGET_NAME, pickName(random, "target", 5))
        .eventId(pick(random, "e", 1_000))
        .requestId(pick(random, "r", 40))
        .text(EntryField.TRACE_ID, pick(random, "0".repeat(31), 5))
        .occurredAt(random.nextBoolean() ? occurred(random) : null)
        .action(random.nextBoolean() ? words(random) : null)
        .text(EntryField.USER_AGENT, random.nextInt(4) == 0 ? words(random) : null)
        .details(random.nextBoolean() ? details(random) : null)
        .build();
  }

  private static String words(Random random) {
    return another(random, "word" + random.nextInt(9)) + ", " + "word" + random.nextInt(9);
  }

  /** One number, one text and some in arrays, two of them with the same path in two ways. */
  private static Details details(Random random) {
    return Details.parse(
        "{\"n\":%d,\"t\":\"%s\",\"o\":{\"a\":[%d,\"%s\"]},\"o.a\":%b}"
            .formatted(
                random.nextInt(3),
                words(random),
                random.nextInt(3),
                random.nextInt(3),
                random.nextBoolean()));
  }

  private static @Nullable String any(Random random, List<String> words) {
    int i = random.nextInt(words.size() + 1);
    return i == words.size() ? null : words.get(i);
  }

  private static @Nullable ActorId actorId(Random random) {
    int id = random.nextInt(4);
    return switch (random.nextInt(4)) {
      case 0 -> ActorId.of(id);
      case 1 -> ActorId.of(Integer.toString(id));
      case 2 -> ActorId.of("arn:" + id);
      default -> null;
    };
  }

  /** Also years that have no place in 64 bits of nanoseconds. */
  private static String occurred(Random random) {
    return "%04d-06-01T00:00:00Z".formatted(OCCURRED_YEARS[random.nextInt(OCCURRED_YEARS.length)]);
  }

  static void append(AuditLog log, int count, long seed) throws Exception {
    Random random = new Random(seed);
    for (int done = 0; done < count; ) {
      int size = Math.min(count - done, 1 + random.nextInt(30));
      List<Event> batch = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        batch.add(randomEvent(random));
      }
      log.append(batch, random.nextBoolean() ? "writer" : null).get();
      done += size;
    }
  }

  static List<Entry> entries(AuditLog log) throws IOException {
    List<Entry> entries = new ArrayList<>();
    log.reader().forEach(1, Long.MAX_VALUE, e -> entries.add(e.decode()));
    return entries;
  }

  /** The meaning of the query, implemented again over whole entries. */
  static Predicate<Entry> meaning(AuditQuery q) {
    return e -> {
      Event v = e.event();
      String sent = UnknownType.original(v).eventType();
      boolean type =
          q.eventTypes().isEmpty()
              || q.eventTypes().stream()
                  .anyMatch(t ->
                      t.endsWith(".*")
                          ? (v.eventType() + " " + sent)
                              .matches("(.* )?" + t.replace(".*", "[.].*"))
                          : v.eventType().equals(t) || sent.equals(t));
      boolean user =
          q.userId() == null
              || q.userId().equals(v.text(EntryField.ACTOR_ID))
              || (v.targetType() != null
                  && nfkc(v.targetType()).equalsIgnoreCase("user")
                  && q.userId().equals(v.targetId()));
      Instant occurred = v.occurredInstant() == null ? e.timestamp() : v.occurredInstant();
      return type
          && user
          && sees(q.scope(), e)
          && q.texts().entrySet().stream()
              .allMatch(t -> matches(t.getKey(), t.getValue(), text(e, t.getKey())))
          && q.details().entrySet().stream()
              .allMatch(d -> hasDetail(UnknownType.original(v), d.getKey(), d.getValue()))
          && (q.words() == null || hasWords(e, q.words()))
          && (q.severityMin() == null || severity(v) >= severity(q.severityMin()))
          && (q.actorIp() == null || matches(q.actorIp(), v.actorIp()))
          && (q.security() == null || q.security() == EventType.isSecurity(sent))
          && within(q.occurred(), occurred)
          && within(q.recorded(), e.timestamp());
    };
  }

  /** Tenants that differ in case or Unicode form are two. */
  private static boolean sees(Scope scope, Entry entry) {
    return scope.only().entrySet().stream()
        .allMatch(only ->
            only.getValue().stream().anyMatch(one -> one.equals(text(entry, only.getKey()))));
  }

  static Scope randomScope(Random random, List<Entry> entries) {
    Map<EntryField, SortedSet<String>> only = new EnumMap<>(EntryField.class);
    for (EntryField field : Scope.FIELDS) {
      SortedSet<String> values = new TreeSet<>();
      for (int i = random.nextInt(4) - 1; i > 0; i--) {
        String value = text(entries.get(random.nextInt(entries.size())), field);
        values.add(value == null ? "nobody's" : value);
      }
      if (!values.isEmpty()) {
        only.put(field, values);
      }
    }
    return new Scope(only);
  }

  private static @Nullable String text(Entry entry, EntryField field) {
    String text = entry.text(field);
    return text == null && field == EntryField.SOURCE ? Entry.LOG : text;
  }

  /** Of names, case and Unicode form don't count; all random ones are ASCII after NFKC. */
  private static boolean matches(EntryField field, TextMatch match, @Nullable String text) {
    if (text == null) {
      return false;
    }
    boolean name = AuditQuery.NAMES.contains(field);
    String held = name ? nfkc(text) : text;
    String wanted = name ? nfkc(match.text()) : match.text();
    return held.regionMatches(name, 0, wanted, 0, wanted.length())
        && (match.prefix() || held.length() == wanted.length());
  }

  private static boolean hasDetail(Event event, String path, TextMatch match) {
    Matcher pair = DETAIL.matcher(String.valueOf(event.details()));
    while (pair.find()) {
      boolean inArray = pair.group("path").equals("a");
      String held = inArray ? "o.a" : pair.group("path");
      for (String value :
          (inArray ? pair.group("array") : pair.group("value")).split(",(?! )", -1)) {
        String text = nfkc(value.replace("\"", ""));
        String wanted = nfkc(match.text());
        if (held.equals(path)
            && text.regionMatches(true, 0, wanted, 0, wanted.length())
            && (match.prefix() || text.length() == wanted.length())) {
          return true;
        }
      }
    }
    return false;
  }

  /** Random words are letters and digits between spaces, commas, stars and the quotes of JSON. */
  private static boolean hasWords(Entry entry, String words) {
    Event event = UnknownType.original(entry.event());
    String values = String.valueOf(event.details()).replaceAll("\"[a-z.]+\":", " ");
    String all =
        String.join(
            " ",
            String.valueOf(event.action()),
            String.valueOf(event.actorUsername()),
            String.valueOf(event.text(EntryField.ACTOR_HOST)),
            String.valueOf(event.targetId()),
            String.valueOf(event.text(EntryField.TARGET_NAME)),
            String.valueOf(event.text(EntryField.USER_AGENT)),
            event.details() == null ? "" : values);
    List<String> held = List.of(nfkc(all).toLowerCase(Locale.ROOT).split("[^a-z0-9.]+", -1));
    return Stream.of(nfkc(words).toLowerCase(Locale.ROOT).split("[ ,]+", -1))
        .allMatch(word ->
            word.endsWith("*")
                ? held.stream().anyMatch(h -> h.startsWith(word.replace("*", "")))
                : held.contains(word));
  }

  private static String nfkc(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC);
  }

  private static boolean within(AuditQuery.Span span, Instant time) {
    return (span.since() == null || !time.isBefore(span.since()))
        && (span.until() == null || time.isBefore(span.until()));
  }

  private static int severity(Event event) {
    return severity(event.text(EntryField.SEVERITY));
  }

  private static int severity(@Nullable String severity) {
    return severity == null ? -1 : EntryField.SEVERITY.words().indexOf(severity);
  }

  /** Compares bit by bit; the logs of random entries have IPv4 addresses only. */
  private static boolean matches(AddressRange range, @Nullable String address) {
    if (address == null) {
      return false;
    }
    String[] parts = range.toString().split("/", 2);
    int bits = parts.length == 1 ? 32 : Integer.parseInt(parts[1]);
    return (number(parts[0]) ^ number(address)) >> (32 - bits) == 0;
  }

  private static long number(String ipv4) {
    long number = 0;
    for (String octet : ipv4.split("\\.", -1)) {
      number = number << 8 | Integer.parseInt(octet);
    }
    return number;
  }

  static AuditQuery randomQuestion(Random random, List<Entry> entries) {
    AuditQuery.Builder q = AuditQuery.builder();
    if (random.nextInt(3) == 0) {
      q.scope(randomScope(random, entries));
    }
    if (random.nextInt(3) == 0) {
      q.eventTypes(random.nextBoolean() ? List.of("auth.*", "custom.thing") : List.of(TYPES[0]));
    }
    if (random.nextInt(4) == 0) {
      q.text(EntryField.ACTOR_ID, (random.nextBoolean() ? "" : "arn:") + random.nextInt(5));
    }
    if (random.nextInt(4) == 0) {
      q.text(EntryField.OUTCOME, any(random, EntryField.OUTCOME.words()));
    }
    if (random.nextInt(5) == 0) {
      q.severityMin(any(random, EntryField.SEVERITY.words()));
    }
    if (random.nextInt(5) == 0) {
      EntryField field = AuditQuery.TEXTS.get(random.nextInt(AuditQuery.TEXTS.size()));
      String text = entries.get(random.nextInt(entries.size())).text(field);
      q.text(field, text);
      if (text != null && field.words().isEmpty() && random.nextBoolean()) {
        String name = AuditQuery.NAMES.contains(field) ? another(random, text) : text;
        q.match(field, new TextMatch(name.substring(0, random.nextInt(name.length() + 1)), true));
      }
    }
    if (random.nextInt(4) == 0) {
      Instant some = entries.get(random.nextInt(entries.size())).timestamp();
      int year = OCCURRED_YEARS[random.nextInt(OCCURRED_YEARS.length)];
      Instant other = Instant.parse("%04d-06-01T00:00:00Z".formatted(year));
      q.occurred(
          switch (random.nextInt(4)) {
            case 0 -> new AuditQuery.Span(some, null);
            case 1 -> new AuditQuery.Span(null, some);
            case 2 -> new AuditQuery.Span(other, some);
            default -> new AuditQuery.Span(null, other);
          });
    }
    if (random.nextInt(5) == 0) {
      q.text(EntryField.ACTOR_USERNAME, another(random, "name" + random.nextInt(3)));
    }
    if (random.nextInt(5) == 0) {
      q.actorIp(
          AddressRange.parse(
              random.nextBoolean()
                  ? "203.0.113." + random.nextInt(3)
                  : "203.0.113." + random.nextInt(3) + "/31"));
    }
    if (random.nextInt(5) == 0) {
      q.text(EntryField.TARGET_TYPE, "user");
    }
    if (random.nextInt(5) == 0) {
      q.text(EntryField.TARGET_ID, "" + random.nextInt(4));
    }
    if (random.nextInt(9) == 0) {
      q.text(EntryField.REQUEST_ID, "r" + random.nextInt(40));
    }
    if (random.nextInt(5) == 0) {
      q.text(EntryField.SOURCE, random.nextBoolean() ? "writer" : Entry.LOG);
    }
    if (random.nextInt(4) == 0) {
      String path = List.of("n", "t", "o.a", "o").get(random.nextInt(4));
      String value =
          List.of("" + random.nextInt(4), words(random), "true", "", "word").get(random.nextInt(5));
      q.detail(path, new TextMatch(value, value.length() != 1 && random.nextBoolean()));
    }
    if (random.nextInt(4) == 0) {
      q.words(random.nextBoolean() ? words(random) : another(random, "word" + random.nextInt(9)));
    }
    if (random.nextInt(4) == 0) {
      q.security(random.nextBoolean());
    }
    if (random.nextInt(5) == 0) {
      q.userId(Integer.toString(random.nextInt(5)));
    }
    if (random.nextInt(3) == 0) {
      q.since(entries.get(random.nextInt(entries.size())).timestamp());
    }
    if (random.nextInt(3) == 0) {
      q.until(entries.get(random.nextInt(entries.size())).timestamp());
    }
    if (random.nextInt(3) == 0) {
      q.beforeId(entries.getFirst().id() - 1 + random.nextInt(entries.size() + 2));
    }
    if (random.nextInt(3) == 0) {
      q.afterId(entries.getFirst().id() - 1 + random.nextInt(entries.size() + 2));
    }
    return q.ascending(random.nextBoolean())
        .limit(1 + random.nextInt(60))
        .offset(random.nextInt(4) == 0 ? random.nextInt(1500) : 0)
        .build();
  }

  static Map<String, Long> byType(List<Entry> entries) {
    return entries.stream().collect(groupingBy(e -> e.event().eventType(), counting()));
  }

  static SortedMap<String, Long> byCategory(List<Entry> entries) {
    return entries.stream()
        .collect(
            groupingBy(
                e -> EventType.of(e.event().eventType()).category(), TreeMap::new, counting()));
  }

  static long securityEvents(List<Entry> entries) {
    return entries.stream()
        .filter(e -> EventType.isSecurity(UnknownType.original(e.event()).eventType()))
        .count();
  }

  static Map<LocalDate, Long> perDay(List<Entry> entries) {
    return entries.stream()
        .collect(groupingBy(e -> LocalDate.ofInstant(e.timestamp(), ZoneOffset.UTC), counting()));
  }

  /** Which of these entries match, within the cursors, in order. */
  static List<Long> matches(AuditQuery q, List<Entry> entries) {
    return entries.stream()
        .filter(meaning(q))
        .map(Entry::id)
        .filter(id -> q.beforeId() == null || id < q.beforeId())
        .filter(id -> q.afterId() == null || id > q.afterId())
        .sorted(q.ascending() ? Comparator.naturalOrder() : Comparator.reverseOrder())
        .toList();
  }

  /** Passes if the index gives the result of the query over these entries. */
  static void assertAnswers(AuditIndex index, AuditQuery q, List<Entry> entries) throws Exception {
    long total = entries.stream().filter(meaning(q)).count();
    List<Long> behindCursors = matches(q, entries);
    List<Long> expected = behindCursors.stream().skip(q.offset()).limit(q.limit()).toList();
    Page page = index.search(q);
    assertThat(page.ids()).as("%s", q).isEqualTo(expected);
    assertThat(page.total()).as("%s", q).isEqualTo(total);
    assertThat(page.hasMore()).as("%s", q).isEqualTo(behindCursors.size() > q.offset() + q.limit());
    List<Long> streamed = new ArrayList<>();
    index.forEachMatch(q, streamed::add);
    assertThat(streamed).as("%s", q).isEqualTo(behindCursors);
  }
}
