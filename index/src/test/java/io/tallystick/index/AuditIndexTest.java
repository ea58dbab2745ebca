package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogConfig;
import io.tallystick.store.LogReader;
import io.tallystick.store.Receipt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditIndexTest {
  private static final long SHARD_IDS = 300;
  private static final String[] TYPES = {
    "auth.login.failed", "auth.login.success", "user.created", "security.suspicious", "custom.thing"
  };

  @TempDir Path data;
  private AuditLog log;
  private Path directory;

  @BeforeEach
  void open() throws IOException {
    log = AuditLog.open(data, LogConfig.defaults().withOrigin("example.com/index"));
    directory = log.reader().directory().index();
  }

  @AfterEach
  void close() throws IOException {
    log.close();
  }

  private AuditIndex index() throws IOException {
    return AuditIndex.open(log.reader(), directory, SHARD_IDS);
  }

  private void indexAll() throws Exception {
    try (AuditIndex index = index()) {
      index.awaitIndexed(log.lastId());
    }
  }

  private static @Nullable String pick(Random random, String prefix, int n) {
    int i = random.nextInt(n + 1);
    return i == n ? null : prefix + i;
  }

  private static Event randomEvent(Random random) {
    return Event.builder(TYPES[random.nextInt(TYPES.length)])
        .actorId(random.nextBoolean() ? (long) random.nextInt(4) : null)
        .actorUsername(pick(random, "name", 3))
        .actorIp(pick(random, "203.0.113.", 3))
        .targetType(random.nextBoolean() ? "user" : pick(random, "type", 2))
        .targetId(random.nextBoolean() ? Integer.toString(random.nextInt(4)) : null)
        .requestId(pick(random, "r", 40))
        .build();
  }

  private void append(int count, long seed) throws Exception {
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

  private List<Entry> entries() throws IOException {
    List<Entry> entries = new ArrayList<>();
    log.reader().forEach(1, Long.MAX_VALUE, e -> entries.add(e.decode()));
    return entries;
  }

  /** What the question means, said again over whole entries. */
  private static Predicate<Entry> meaning(AuditQuery q) {
    return e -> {
      Event v = e.event();
      boolean type =
          q.eventTypes().isEmpty()
              || q.eventTypes().stream()
                  .anyMatch(t ->
                      t.endsWith(".*")
                          ? v.eventType().startsWith(t.substring(0, t.length() - 1))
                          : v.eventType().equals(t));
      boolean user =
          q.userId() == null
              || q.userId().equals(v.actorId())
              || ("user".equals(v.targetType()) && q.userId().toString().equals(v.targetId()));
      return type
          && user
          && (q.actorId() == null || q.actorId().equals(v.actorId()))
          && (q.actorUsername() == null || q.actorUsername().equals(v.actorUsername()))
          && (q.actorIp() == null || q.actorIp().equals(v.actorIp()))
          && (q.targetType() == null || q.targetType().equals(v.targetType()))
          && (q.targetId() == null || q.targetId().equals(v.targetId()))
          && (q.requestId() == null || q.requestId().equals(v.requestId()))
          && (q.source() == null || q.source().equals(e.source()))
          && (q.security() == null || q.security() == EventType.isSecurity(v.eventType()))
          && (q.since() == null || !e.timestamp().isBefore(q.since()))
          && (q.until() == null || e.timestamp().isBefore(q.until()));
    };
  }

  private static AuditQuery randomQuestion(Random random, List<Entry> entries) {
    AuditQuery.Builder q = AuditQuery.builder();
    if (random.nextInt(3) == 0) {
      q.eventTypes(random.nextBoolean() ? List.of("auth.*", "custom.thing") : List.of(TYPES[0]));
    }
    if (random.nextInt(4) == 0) {
      q.actorId((long) random.nextInt(5));
    }
    if (random.nextInt(5) == 0) {
      q.actorUsername("name" + random.nextInt(3));
    }
    if (random.nextInt(5) == 0) {
      q.actorIp("203.0.113." + random.nextInt(3));
    }
    if (random.nextInt(5) == 0) {
      q.targetType("user");
    }
    if (random.nextInt(5) == 0) {
      q.targetId("" + random.nextInt(4));
    }
    if (random.nextInt(9) == 0) {
      q.requestId("r" + random.nextInt(40));
    }
    if (random.nextInt(5) == 0) {
      q.source("writer");
    }
    if (random.nextInt(4) == 0) {
      q.security(random.nextBoolean());
    }
    if (random.nextInt(5) == 0) {
      q.userId((long) random.nextInt(5));
    }
    if (random.nextInt(3) == 0) {
      q.since(entries.get(random.nextInt(entries.size())).timestamp());
    }
    if (random.nextInt(3) == 0) {
      q.until(entries.get(random.nextInt(entries.size())).timestamp());
    }
    if (random.nextInt(3) == 0) {
      q.beforeId((long) random.nextInt(entries.size() + 2));
    }
    if (random.nextInt(3) == 0) {
      q.afterId((long) random.nextInt(entries.size() + 2));
    }
    return q.ascending(random.nextBoolean())
        .limit(1 + random.nextInt(60))
        .offset(random.nextInt(4) == 0 ? random.nextInt(1500) : 0)
        .build();
  }

  private static void assertAnswers(AuditIndex index, AuditQuery q, List<Entry> entries)
      throws Exception {
    List<Long> all =
        entries.stream()
            .filter(meaning(q))
            .map(Entry::id)
            .sorted(q.ascending() ? Comparator.naturalOrder() : Comparator.reverseOrder())
            .toList();
    List<Long> behindCursors =
        all.stream()
            .filter(id -> q.beforeId() == null || id < q.beforeId())
            .filter(id -> q.afterId() == null || id > q.afterId())
            .toList();
    List<Long> expected = behindCursors.stream().skip(q.offset()).limit(q.limit()).toList();
    Page page = index.search(q);
    assertThat(page.ids()).as("%s", q).isEqualTo(expected);
    assertThat(page.total()).as("%s", q).isEqualTo(all.size());
    assertThat(page.hasMore()).as("%s", q).isEqualTo(behindCursors.size() > q.offset() + q.limit());
    List<Long> streamed = new ArrayList<>();
    index.forEachMatch(q, streamed::add);
    assertThat(streamed).as("%s", q).isEqualTo(behindCursors);
  }

  @Test
  void answersWhatAFilterOverAllEntriesAnswers() throws Exception {
    append(1_500, 1);
    List<Entry> entries = entries();
    try (AuditIndex index = index()) {
      Random random = new Random(2);
      for (int i = 0; i < 600; i++) {
        assertAnswers(index, randomQuestion(random, entries), entries);
      }
    }
  }

  @Test
  void countsAreExactOverAnyTime() throws Exception {
    append(1_000, 3);
    List<Entry> entries = entries();
    try (AuditIndex index = index()) {
      Random random = new Random(4);
      for (int i = 0; i < 40; i++) {
        Instant since = i == 0 ? null : entries.get(random.nextInt(entries.size())).timestamp();
        Instant until = i < 10 ? null : entries.get(random.nextInt(entries.size())).timestamp();
        List<Entry> range =
            entries.stream()
                .filter(meaning(AuditQuery.builder().since(since).until(until).build()))
                .toList();
        LogStatistics found = index.statistics(since, until, Instant.now());
        assertThat(found.totalEntries()).isEqualTo(range.size());
        assertThat(found.last24Hours()).isEqualTo(entries.size());
        assertThat(found.perDay().values().stream().mapToLong(n -> n).sum())
            .isEqualTo(range.size());
        found
            .byType()
            .forEach((type, count) ->
                assertThat(count)
                    .isEqualTo(
                        range.stream().filter(e -> e.event().eventType().equals(type)).count()));
        assertThat(found.byType().values().stream().mapToLong(n -> n).sum())
            .isEqualTo(range.size());
        for (LogStatistics.Actor actor : found.topActors()) {
          assertThat(actor.count())
              .isEqualTo(
                  range.stream()
                      .filter(e -> java.util.Objects.equals(e.event().actorId(), actor.actorId()))
                      .filter(e ->
                          java.util.Objects.equals(
                              e.event().actorUsername(), actor.actorUsername()))
                      .count());
        }
        if (!range.isEmpty()) {
          assertThat(found.firstEntry()).isEqualTo(range.getFirst().timestamp());
          assertThat(found.lastEntry()).isEqualTo(range.getLast().timestamp());
        }
      }
    }
  }

  @Test
  void anAcknowledgedEntryIsFoundAtOnceByManyWriters() throws Exception {
    try (AuditIndex index = index();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < 16; w++) {
        String name = "writer" + w;
        writers.add(
            threads.submit(() -> {
              for (int i = 1; i <= 40; i++) {
                Event event = Event.builder("user.created").actorUsername(name).build();
                Receipt receipt = log.append(event).get();
                Page page = index.search(AuditQuery.builder().actorUsername(name).build());
                assertThat(page.ids().getFirst()).isEqualTo(receipt.firstId());
                assertThat(page.total()).isEqualTo(i);
              }
              return null;
            }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    }
  }

  @Test
  void pagingWithACursorNeitherSkipsNorRepeatsWhileEntriesArrive() throws Exception {
    append(1_000, 5);
    long newest = log.lastId();
    try (AuditIndex index = index()) {
      Set<Long> expected = new HashSet<>();
      index.forEachMatch(AuditQuery.builder().eventTypes(List.of("auth.*")).build(), expected::add);
      Set<Long> seen = new HashSet<>();
      Long before = newest + 1;
      boolean more = true;
      while (more) {
        append(7, before);
        Page page =
            index.search(
                AuditQuery.builder()
                    .eventTypes(List.of("auth.*"))
                    .beforeId(before)
                    .limit(20)
                    .build());
        for (long id : page.ids()) {
          assertThat(seen.add(id)).isTrue();
        }
        more = page.hasMore();
        before = page.ids().isEmpty() ? before : page.ids().getLast();
      }
      assertThat(seen).isEqualTo(expected);
    }
  }

  @Test
  void goesOnAfterARestartAndAfterACrash() throws Exception {
    append(700, 6);
    indexAll();
    append(500, 7);
    Path crashed = data.resolve("crashed");
    List<Entry> entries;
    try (AuditIndex index = index()) {
      entries = entries();
      index.awaitIndexed(log.lastId());
      copy(directory, crashed);
    }
    Random random = new Random(8);
    try (AuditIndex restarted = index();
        AuditIndex afterCrash = AuditIndex.open(log.reader(), crashed, SHARD_IDS)) {
      for (int i = 0; i < 100; i++) {
        AuditQuery question = randomQuestion(random, entries);
        assertAnswers(restarted, question, entries);
        assertAnswers(afterCrash, question, entries);
      }
    }
  }

  @Test
  void answersBesideAWriterWithoutChangingAnything() throws Exception {
    append(700, 9);
    indexAll();
    append(100, 10);
    List<Entry> entries = entries();
    List<String> before = listing(directory);
    try (AuditIndex beside = AuditIndex.openBeside(LogReader.open(data), directory);
        AuditIndex nowhere = AuditIndex.openBeside(LogReader.open(data), data.resolve("missing"))) {
      Random random = new Random(11);
      for (int i = 0; i < 100; i++) {
        AuditQuery question = randomQuestion(random, entries);
        assertAnswers(beside, question, entries);
        assertAnswers(nowhere, question, entries);
      }
    }
    assertThat(listing(directory)).isEqualTo(before);
    assertThat(data.resolve("missing")).doesNotExist();
  }

  @Test
  void aDamagedOrMissingPartIsBuiltAgain() throws Exception {
    append(1_000, 12);
    indexAll();
    List<Entry> entries = entries();
    List<Path> files;
    try (var tree = Files.walk(directory)) {
      files =
          tree.filter(Files::isRegularFile)
              .filter(f -> !f.endsWith("write.lock"))
              .sorted()
              .toList();
    }
    assertThat(files).hasSizeGreaterThan(8);
    Random random = new Random(13);
    for (Path file : files) {
      for (String damage : List.of("flip", "truncate", "delete")) {
        Path copy = data.resolve("damaged");
        copy(directory, copy);
        Path victim = copy.resolve(directory.relativize(file));
        byte[] bytes = Files.readAllBytes(victim);
        switch (damage) {
          case "flip" -> {
            bytes[random.nextInt(bytes.length)] ^= 0x10;
            Files.write(victim, bytes);
          }
          case "truncate" -> Files.write(victim, java.util.Arrays.copyOf(bytes, bytes.length / 2));
          default -> Files.delete(victim);
        }
        try (AuditIndex index = AuditIndex.open(log.reader(), copy, SHARD_IDS)) {
          for (int i = 0; i < 5; i++) {
            assertAnswers(index, randomQuestion(random, entries), entries);
          }
        }
        Shard.delete(copy);
      }
    }
  }

  @Test
  void anIndexOfAnotherLogIsNotUsed() throws Exception {
    append(50, 14);
    try (AuditLog other =
        AuditLog.open(
            data.resolve("other"), LogConfig.defaults().withOrigin("example.com/other"))) {
      AuditIndex.open(other.reader(), directory).close();
    }
    List<Entry> entries = entries();
    try (AuditIndex index = index()) {
      assertAnswers(index, AuditQuery.builder().security(true).build(), entries);
    }
  }

  @Test
  void oneProcessWritesIt() throws Exception {
    try (AuditIndex index = index()) {
      assertThat(index.indexedThrough()).isNotNegative();
      assertThatThrownBy(this::index)
          .isInstanceOf(IndexException.class)
          .hasMessageContaining("another process");
    }
  }

  private static List<String> listing(Path directory) throws IOException {
    try (var tree = Files.walk(directory)) {
      List<String> files = new ArrayList<>();
      for (Path file : tree.sorted().toList()) {
        files.add(file + " " + Files.getLastModifiedTime(file));
      }
      return files;
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Path copy = to.resolve(from.relativize(path));
        if (Files.isDirectory(path)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(path, copy);
        }
      }
    }
  }
}
