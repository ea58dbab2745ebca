package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Entry;
import io.tallystick.index.scope.Scope;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The life of a log in random order: entries, days, retention, restarts, an index that stays away
 * or comes back as it once was, and questions, which must be answered by the entries that are
 * there.
 */
@Timeout(600)
class RandomLifeTest {
  private static final int LIVES = Boolean.getBoolean("tallystick.long") ? 200 : 5;
  private static final int STEPS = 40;
  private static final int QUESTIONS = 15;
  private static final long SHARD_IDS = 700;
  private static final long IN_MEMORY = 1_000;

  @TempDir Path folder;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-05-01T10:00:00Z"));
  private Random random = new Random();
  private AuditLog log;
  private @Nullable AuditIndex index;
  private AuditIndex beside;

  static List<Long> lives() {
    return new Random().longs(LIVES).boxed().toList();
  }

  @ParameterizedTest
  @MethodSource("lives")
  void everyQuestionIsAnsweredByWhatIsThere(long seed) throws Exception {
    random = new Random(seed);
    for (int step = 0; step < STEPS; step++) {
      step();
    }
    openIndex();
    ask();
  }

  private void step() throws Exception {
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> RandomLog.append(log, 1 + random.nextInt(900), random.nextLong());
      case 3 -> now.updateAndGet(t -> t.plus(Duration.ofMinutes(random.nextInt(2_000))));
      case 4 -> retain();
      case 5 -> openIndex();
      case 6 -> closeIndex();
      case 7 -> keepOrBringBackIndex();
      case 8 -> {
        close();
        open();
      }
      default -> ask();
    }
  }

  private Path directory() {
    return log.reader().directory().index();
  }

  @BeforeEach
  void open() throws IOException {
    Path data = folder.resolve("log");
    InstantSource time = () -> now.updateAndGet(t -> t.plusMillis(1));
    log = AuditLog.open(data, LogConfig.builder().clock(time.withZone(ZoneOffset.UTC)).build());
    beside = AuditIndex.openBeside(LogReader.open(data), directory(), IN_MEMORY);
  }

  @AfterEach
  void close() throws IOException {
    closeIndex();
    beside.close();
    log.close();
  }

  private void openIndex() throws IOException {
    if (index == null) {
      index = AuditIndex.open(log.reader(), directory(), SHARD_IDS, Shard::directory);
    }
  }

  private void closeIndex() throws IOException {
    if (index != null) {
      index.close();
      index = null;
    }
  }

  private void retain() throws Exception {
    log.seal().get();
    Retention retention = new Retention(log);
    Instant before = log.lastTimestamp().orElseThrow().minus(Duration.ofHours(random.nextInt(40)));
    for (Retention.Batch batch : retention.plan(before, Long.MAX_VALUE)) {
      retention.remove(batch, Retention.Mode.PURGE, null);
    }
  }

  /** As after a power cut, or when somebody brings back the index of a backup. */
  private void keepOrBringBackIndex() throws IOException {
    Path kept = folder.resolve("kept");
    if (!Files.exists(kept)) {
      openIndex();
      closeIndex();
      copy(directory(), kept);
    } else {
      closeIndex();
      Shard.delete(directory());
      Files.move(kept, directory());
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    List<Path> paths;
    try (var tree = Files.walk(from)) {
      paths = tree.toList();
    }
    for (Path path : paths) {
      Files.copy(path, to.resolve(from.relativize(path)));
    }
  }

  private void ask() throws Exception {
    List<Entry> entries = RandomLog.entries(log);
    for (AuditIndex asked : index == null ? List.of(beside) : List.of(beside, index)) {
      asked.awaitIndexed(log.lastId());
      for (int i = 0; i < QUESTIONS; i++) {
        RandomLog.assertAnswers(asked, RandomLog.randomQuestion(random, entries), entries);
      }
      assertCounts(asked, entries, null, null);
      assertCounts(asked, entries, someTime(entries), null);
      assertCounts(asked, entries, someTime(entries), someTime(entries));
    }
  }

  private Instant someTime(List<Entry> entries) {
    return entries.get(random.nextInt(entries.size())).timestamp();
  }

  private void assertCounts(
      AuditIndex asked, List<Entry> entries, @Nullable Instant since, @Nullable Instant until)
      throws Exception {
    AuditQuery question = AuditQuery.builder().since(since).until(until).build();
    List<Entry> meant = entries.stream().filter(RandomLog.meaning(question)).toList();
    Instant now = log.lastTimestamp().orElseThrow();
    LogStatistics counts = asked.statistics(Scope.ALL, new AuditQuery.Span(since, until), now);
    assertThat(counts.totalEntries()).isEqualTo(meant.size());
    assertThat(counts.byType().byValue()).isEqualTo(RandomLog.byType(meant));
    assertThat(counts.perDay()).isEqualTo(RandomLog.perDay(meant));
    Instant dayBefore = now.minus(Duration.ofHours(24));
    assertThat(counts.last24Hours())
        .isEqualTo(entries.stream().filter(e -> !e.timestamp().isBefore(dayBefore)).count());
    if (since != null && until != null && since.isBefore(until)) {
      assertThat(asked.countsByCategory(Scope.ALL, List.of(since, until)))
          .containsExactly(new LogStatistics.Counts(RandomLog.byCategory(meant), 0));
    }
  }
}
