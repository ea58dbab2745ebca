package io.tallystick.index;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
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
      List<Entry> range =
          entries.stream()
              .filter(RandomLog.meaning(AuditQuery.builder().since(since).until(until).build()))
              .toList();
      LogStatistics found = index.statistics(since, until, Instant.now());
      assertThat(found.totalEntries()).isEqualTo(range.size());
      assertThat(found.last24Hours()).isEqualTo(entries.size());
      assertThat(found.perDay().values().stream().mapToLong(n -> n).sum()).isEqualTo(range.size());
      found
          .byType()
          .forEach((type, count) ->
              assertThat(count)
                  .isEqualTo(
                      range.stream().filter(e -> e.event().eventType().equals(type)).count()));
      assertThat(found.byType().values().stream().mapToLong(n -> n).sum()).isEqualTo(range.size());
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
      }
    }
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
        assertThat(days.statistics(null, null, now[0]).perDay())
            .isEqualTo(RandomLog.perDay(entries));
        assertThat(days.statistics(middle, null, now[0]).perDay())
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
      List<SortedMap<String, Long>> found = index.countsByType(times);
      assertThat(found).hasSize(times.size() - 1);
      for (int j = 0; j < found.size(); j++) {
        AuditQuery within =
            AuditQuery.builder().since(times.get(j)).until(times.get(j + 1)).build();
        assertThat(found.get(j))
            .isEqualTo(
                entries.stream()
                    .filter(RandomLog.meaning(within))
                    .collect(groupingBy(e -> e.event().eventType(), counting())));
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
      TopActors found = index.topActors(question, 100);
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
}
