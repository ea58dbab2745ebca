package io.tallystick.index;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.index.scope.Scope;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts over any time and any query, compared with counting whole entries. */
class CountsTest {
  /** Few, so that there are several shards. */
  private static final long SHARD_IDS = 300;

  @TempDir Path data;

  private AuditLog log;
  private AuditIndex index;

  @BeforeEach
  void open() throws Exception {
    log = AuditLog.open(data, LogConfig.builder().origin("example.com/counts").build());
    RandomLog.append(log, 1_000, 3);
    index =
        AuditIndex.open(
            log.reader(), log.reader().directory().index(), SHARD_IDS, Shard::directory);
  }

  @AfterEach
  void close() throws Exception {
    index.close();
    log.close();
  }

  @Test
  void countsAreExactOverAnyTime() throws Exception {
    List<Entry> entries = RandomLog.entries(log);
    Random random = new Random(4);
    for (int i = 0; i < 40; i++) {
      Instant since = i == 0 ? null : entries.get(random.nextInt(entries.size())).timestamp();
      Instant until = i < 10 ? null : entries.get(random.nextInt(entries.size())).timestamp();
      // The first is the whole log; of the others most are a part of it.
      Scope scope = i % 4 == 0 ? Scope.ALL : RandomLog.randomScope(random, entries);
      AuditQuery all = AuditQuery.builder().scope(scope).build();
      List<Entry> range =
          entries.stream()
              .filter(RandomLog.meaning(all.toBuilder().since(since).until(until).build()))
              .toList();
      LogStatistics found =
          index.statistics(scope, new AuditQuery.Span(since, until), Instant.now());
      assertThat(found.totalEntries()).isEqualTo(range.size());
      assertThat(found.last24Hours())
          .isEqualTo(entries.stream().filter(RandomLog.meaning(all)).count());
      assertThat(index.types(scope, null, 1_000))
          .containsAllEntriesOf(
              RandomLog.byType(entries.stream().filter(RandomLog.meaning(all)).toList()));
      assertThat(found.perDay().values().stream().mapToLong(n -> n).sum()).isEqualTo(range.size());
      found
          .byType()
          .byValue()
          .forEach((type, count) ->
              assertThat(count)
                  .isEqualTo(
                      range.stream().filter(e -> e.event().eventType().equals(type)).count()));
      assertThat(found.byType().total()).isEqualTo(range.size());
      assertThat(found.byCategory().byValue()).isEqualTo(RandomLog.byCategory(range));
      assertThat(found.securityEvents()).isEqualTo(RandomLog.securityEvents(range));
      for (LogStatistics.Actor actor : found.topActors()) {
        assertThat(actor.count())
            .isEqualTo(
                range.stream()
                    .filter(e -> Objects.equals(e.event().actorId(), actor.actorId()))
                    .filter(e -> Objects.equals(e.event().actorUsername(), actor.actorUsername()))
                    .count());
      }
      if (!range.isEmpty()) {
        assertThat(found.firstEntry()).isEqualTo(range.getFirst().timestamp());
        assertThat(found.lastEntry()).isEqualTo(range.getLast().timestamp());
      } else {
        assertThat(found.firstEntry()).isNull();
        assertThat(found.lastEntry()).isNull();
      }
    }
  }

  @Test
  void theTypesOfAScopeAreThoseOfItsEntriesAlone() throws Exception {
    List<Entry> entries = RandomLog.entries(log);
    Scope scope = new Scope(Map.of(EntryField.TENANT, new TreeSet<>(List.of("tenant0"))));
    Event near = Event.builder("secret.type").text(EntryField.TENANT, "TENANT0").build();
    log.append(List.of(near), "writer").get();
    assertThat(index.types(Scope.ALL, null, 1_000)).containsEntry("secret.type", 1L);
    assertThat(index.types(scope, null, 1_000)).doesNotContainKey("secret.type");
    assertThat(index.types(scope, "a", 1_000)).doesNotContainKey("secret.type");
    AuditQuery folded = AuditQuery.builder().text(EntryField.TENANT, "tenant0").build();
    assertThat(index.count(folded.within(scope)))
        .isEqualTo(
            entries.stream().filter(e -> "tenant0".equals(e.text(EntryField.TENANT))).count())
        .isLessThan(index.count(folded));
  }

  /** Some hundred days, with months between some of them. */
  @Test
  void countsEveryDayThatHasEntries() throws Exception {
    Instant[] now = {Instant.parse("2023-11-30T08:00:00Z")};
    InstantSource clock = () -> now[0];
    LogConfig config = LogConfig.builder().clock(clock.withZone(ZoneOffset.UTC)).build();
    try (AuditLog old = AuditLog.open(data.resolve("old"), config)) {
      Random random = new Random(9);
      for (int i = 0; i < 200; i++) {
        now[0] = now[0].plus(Duration.ofHours(random.nextInt(20) == 0 ? 2_000 : 17));
        RandomLog.append(old, 1 + random.nextInt(5), i);
      }
      try (AuditIndex days =
          AuditIndex.open(
              old.reader(), old.reader().directory().index(), SHARD_IDS, Shard::directory)) {
        List<Entry> entries = RandomLog.entries(old);
        Instant middle = entries.get(entries.size() / 3).timestamp();
        assertThat(days.statistics(Scope.ALL, AuditQuery.Span.ALWAYS, now[0]).perDay())
            .isEqualTo(RandomLog.perDay(entries));
        Scope scope = RandomLog.randomScope(new Random(5), entries);
        assertThat(scope.isAll()).isFalse();
        assertThat(days.statistics(scope, AuditQuery.Span.ALWAYS, now[0]).perDay())
            .isEqualTo(
                RandomLog.perDay(
                    entries.stream()
                        .filter(RandomLog.meaning(AuditQuery.builder().scope(scope).build()))
                        .toList()));
        assertThat(days.statistics(Scope.ALL, new AuditQuery.Span(middle, null), now[0]).perDay())
            .isEqualTo(
                RandomLog.perDay(
                    entries.stream().filter(e -> !e.timestamp().isBefore(middle)).toList()));
      }
    }
  }

  @Test
  void countsOverNeighbouringTimesAreExact() throws Exception {
    List<Entry> entries = RandomLog.entries(log);
    Random random = new Random(6);
    for (int i = 0; i < 20; i++) {
      List<Instant> times = new ArrayList<>(List.of(Instant.EPOCH, Instant.MAX));
      for (int j = 0; j < random.nextInt(12); j++) {
        times.add(entries.get(random.nextInt(entries.size())).timestamp());
      }
      times.sort(null);
      Scope scope = i % 4 == 0 ? Scope.ALL : RandomLog.randomScope(random, entries);
      List<LogStatistics.Counts> found = index.countsByCategory(scope, times);
      assertThat(found).hasSize(times.size() - 1);
      for (int j = 0; j < found.size(); j++) {
        AuditQuery within =
            AuditQuery.builder().scope(scope).since(times.get(j)).until(times.get(j + 1)).build();
        List<Entry> meant = entries.stream().filter(RandomLog.meaning(within)).toList();
        assertThat(found.get(j).byValue()).isEqualTo(RandomLog.byCategory(meant));
        assertThat(found.get(j).others()).isZero();
      }
    }
  }

  @Test
  void topActorsAreThoseOfTheMatches() throws Exception {
    List<Entry> entries = RandomLog.entries(log);
    Random random = new Random(8);
    for (int i = 0; i < 60; i++) {
      AuditQuery question = RandomLog.randomQuestion(random, entries);
      List<Event> matches =
          entries.stream().filter(RandomLog.meaning(question)).map(Entry::event).toList();
      TopActors found = index.topActors(question, 1_000);
      assertThat(found.total()).isEqualTo(matches.size());
      assertThat(found.addresses())
          .containsExactlyElementsOf(
              matches.stream()
                  .filter(e -> e.actorIp() != null)
                  .collect(groupingBy(e -> String.valueOf(e.actorIp()), counting()))
                  .entrySet()
                  .stream()
                  .sorted(
                      Map.Entry.<String, Long>comparingByValue()
                          .reversed()
                          .thenComparing(Map.Entry.comparingByKey()))
                  .map(e -> new TopActors.Address(e.getKey(), e.getValue()))
                  .toList());
      assertThat(found.actors()).isSortedAccordingTo((a, b) -> Long.compare(b.count(), a.count()));
      assertThat(found.actors())
          .containsExactlyInAnyOrderElementsOf(
              matches.stream()
                  .filter(e -> e.actorId() != null || e.actorUsername() != null)
                  .collect(
                      groupingBy(
                          e -> new LogStatistics.Actor(e.actorId(), e.actorUsername(), 0),
                          counting()))
                  .entrySet()
                  .stream()
                  .map(e ->
                      new LogStatistics.Actor(
                          e.getKey().actorId(), e.getKey().actorUsername(), e.getValue()))
                  .toList());
      assertThat(index.topActors(question, 1).actors()).hasSizeLessThanOrEqualTo(1);
    }
  }

  /** Far more types and categories than any answer lists, each as often as its number says. */
  @Test
  void onlyTheMostFrequentOfManyTypesAreListedAndTheOthersCountedTogether() throws Exception {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      events.add(Event.of("a%04d.x".formatted(i)));
    }
    for (int i = 0; i < 150; i++) {
      events.addAll(Collections.nCopies(2 + i, Event.of("z%03d.x".formatted(i))));
    }
    Collections.shuffle(events, new Random(2));
    for (int i = 0; i < events.size(); i += 1_000) {
      log.append(events.subList(i, Math.min(events.size(), i + 1_000)), "writer").get();
    }
    Instant middle = RandomLog.entries(log).get(5_000).timestamp();
    long all = log.lastId();

    LogStatistics whole = index.statistics(Scope.ALL, AuditQuery.Span.ALWAYS, Instant.now());
    assertThat(whole.byType().total()).isEqualTo(all);
    assertThat(whole.byType().byValue())
        .containsEntry("z149.x", 151L)
        .containsEntry("z051.x", 53L)
        .containsKeys("auth.login.failed", EventType.LOG_CREATED)
        .doesNotContainKeys("z050.x", "a0000.x");
    assertThat(whole.byCategory().total()).isEqualTo(all);
    assertThat(whole.byCategory().byValue()).containsKeys("z149", "auth").hasSizeLessThan(30);
    List<LogStatistics.Counts> halves =
        index.countsByCategory(Scope.ALL, List.of(Instant.EPOCH, middle, Instant.MAX));
    assertThat(halves.getFirst().total()).isEqualTo(5_000);
    assertThat(halves.getLast().total()).isEqualTo(all - 5_000);
    assertThat(halves.getFirst().byValue()).hasSizeLessThan(30);
    assertThat(halves.getFirst().of("z149") + halves.getLast().of("z149")).isEqualTo(151);

    Map<String, Long> types = new TreeMap<>(index.types(Scope.ALL, null, 40));
    assertThat(types).hasSize(40 + EventType.known().size()).containsEntry("auth.logout", 0L);
    String after = "a0039.x";
    while (after != null) {
      SortedMap<String, Long> page = index.types(Scope.ALL, after, 700);
      assertThat(page).hasSizeLessThanOrEqualTo(700).doesNotContainKey(after);
      types.putAll(page);
      after = page.size() < 700 ? null : page.lastKey();
    }
    assertThat(types).containsAllEntriesOf(RandomLog.byType(RandomLog.entries(log)));
    assertThat(types.values().stream().mapToLong(n -> n).sum()).isEqualTo(all);
    // Random entries have one type that is not known.
    index.awaitIndexed(all);
    assertThat(index.typesBy("writer", 10_000)).hasSize(3_151);
    assertThat(index.typesBy("writer", 7)).hasSize(7);
    assertThat(index.typesBy("writ", 7)).isEmpty();
  }
}
