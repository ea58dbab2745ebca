package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Entry;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Retention removes entries that the index does not have: it was behind, or a crash undid what it
 * had.
 */
@Timeout(120)
class RemovedEntriesTest {
  @TempDir Path data;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-05-01T10:00:00Z"));
  private AuditLog log;

  @BeforeEach
  void open() throws IOException {
    InstantSource time = () -> now.updateAndGet(t -> t.plusMillis(1));
    log = AuditLog.open(data, LogConfig.builder().clock(time.withZone(ZoneOffset.UTC)).build());
  }

  @AfterEach
  void close() throws IOException {
    log.close();
  }

  private AuditIndex index() throws IOException {
    return AuditIndex.open(log.reader(), log.reader().directory().index());
  }

  /** Appends to the first of three days, to the second, to the third, and removes the first two. */
  private void appendAndRemove(int notIndexed) throws Exception {
    RandomLog.append(log, notIndexed / 2, 2);
    now.updateAndGet(t -> t.plus(Duration.ofDays(1)));
    RandomLog.append(log, notIndexed - notIndexed / 2, 3);
    now.updateAndGet(t -> t.plus(Duration.ofDays(1)));
    RandomLog.append(log, 200, 4);
    log.seal().get();
    Retention retention = new Retention(log);
    for (Retention.Batch batch :
        retention.plan(
            log.lastTimestamp().orElseThrow().minus(Duration.ofHours(12)), Long.MAX_VALUE)) {
      retention.remove(batch, Retention.Mode.PURGE, null);
    }
    RandomLog.append(log, 100, 5);
    assertThat(log.reader().firstId()).isGreaterThan(100 + notIndexed);
  }

  private void assertAnswers(AuditIndex index) throws Exception {
    List<Entry> entries = RandomLog.entries(log);
    index.awaitIndexed(log.lastId());
    Random random = new Random(6);
    for (int i = 0; i < 200; i++) {
      RandomLog.assertAnswers(index, RandomLog.randomQuestion(random, entries), entries);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {50, 5_000})
  void anIndexThatIsBehindGoesOnAfterThem(int notIndexed) throws Exception {
    RandomLog.append(log, 100, 1);
    try (AuditIndex index = index()) {
      index.awaitIndexed(log.lastId());
    }
    appendAndRemove(notIndexed);
    try (AuditIndex beside =
        AuditIndex.openBeside(LogReader.open(data), log.reader().directory().index())) {
      assertAnswers(beside);
    }
    for (int start = 0; start < 2; start++) {
      try (AuditIndex index = index()) {
        assertAnswers(index);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {50, 5_000})
  void oneThatIsOpenGoesOnAfterThem(int notIndexed) throws Exception {
    RandomLog.append(log, 100, 1);
    try (AuditIndex beside =
        AuditIndex.openBeside(LogReader.open(data), log.reader().directory().index())) {
      beside.awaitIndexed(log.lastId());
      appendAndRemove(notIndexed);
      assertAnswers(beside);
    }
  }
}
