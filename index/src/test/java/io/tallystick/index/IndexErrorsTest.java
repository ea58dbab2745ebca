package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.index.scope.Scope;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Errors while the index is written: it says so, answers what it can, and recovers by itself. */
class IndexErrorsTest {
  @TempDir Path data;
  private AuditLog log;
  private Path directory;
  private volatile boolean full;

  @BeforeEach
  void open() throws IOException {
    log = AuditLog.open(data, LogConfig.builder().origin("example.com/errors").build());
    directory = log.reader().directory().index();
  }

  @AfterEach
  void close() throws IOException {
    log.close();
  }

  private AuditIndex index(long maxShardIds) throws IOException {
    return index(maxShardIds, MemoryTail.MAX_ENTRIES);
  }

  private AuditIndex index(long maxShardIds, long maxInMemory) throws IOException {
    return AuditIndex.open(
        log.reader(),
        directory,
        maxShardIds,
        path -> new Fillable(Shard.directory(path)),
        maxInMemory);
  }

  /** A directory that accepts no writes while the device is full. */
  private final class Fillable extends FilterDirectory {
    Fillable(Directory in) {
      super(in);
    }

    @Override
    public IndexOutput createOutput(String name, IOContext context) throws IOException {
      if (full) {
        throw new IOException("No space left on device");
      }
      return super.createOutput(name, context);
    }
  }

  private void assertAnswers(AuditIndex index) throws Exception {
    List<Entry> entries = RandomLog.entries(log);
    Random random = new Random(3);
    for (int i = 0; i < 100; i++) {
      RandomLog.assertAnswers(index, RandomLog.randomQuestion(random, entries), entries);
    }
    Instant some = entries.get(entries.size() - 300).timestamp();
    LogStatistics counts =
        index.statistics(Scope.ALL, new AuditQuery.Span(some, null), Instant.now());
    List<Entry> since = entries.subList(entries.size() - 300, entries.size());
    assertThat(counts.byType().byValue()).isEqualTo(RandomLog.byType(since));
    assertThat(counts.byCategory().byValue()).isEqualTo(RandomLog.byCategory(since));
    assertThat(counts.securityEvents()).isEqualTo(RandomLog.securityEvents(since));
    assertThat(counts.perDay()).isEqualTo(RandomLog.perDay(since));
    assertThat(counts.last24Hours()).isEqualTo(entries.size());
    assertThat(
            index.topActors(AuditQuery.builder().text(EntryField.ACTOR_ID, "1").build(), 9).total())
        .isEqualTo(entries.stream().filter(e -> "1".equals(e.text(EntryField.ACTOR_ID))).count());
    assertThat(index.types(Scope.ALL, null, 100)).containsAllEntriesOf(RandomLog.byType(entries));
    assertThat(
            index.countsByCategory(Scope.ALL, List.of(Instant.EPOCH, some, Instant.MAX)).getLast())
        .isEqualTo(new LogStatistics.Counts(RandomLog.byCategory(since), 0));
    assertThat(
            index
                .countsByCategory(Scope.ALL, List.of(Instant.EPOCH, Instant.MAX))
                .getFirst()
                .total())
        .isEqualTo(entries.size());
  }

  private void fill(AuditIndex index) throws Exception {
    full = true;
    RandomLog.append(log, 400, 2);
    assertThatThrownBy(() -> index.awaitIndexed(log.lastId()))
        .isInstanceOf(IndexException.class)
        .hasMessageContaining("the index can't be written beyond entry ");
  }

  private static long eventIds(AuditIndex index) throws Exception {
    AtomicLong found = new AtomicLong();
    index.forEachEvent(
        "writer",
        IntStream.range(0, 1_000).mapToObj(i -> "e" + i).toList(),
        id -> {
          found.incrementAndGet();
          return true;
        });
    return found.get();
  }

  private void awaitIndexed(AuditIndex index) throws Exception {
    for (int i = 0; i < 200 && index.visibleThrough() < log.lastId(); i++) {
      Thread.sleep(100);
    }
    index.awaitIndexed(log.lastId());
  }

  @Test
  void goesOnWhenThereIsRoomAgain() throws Exception {
    RandomLog.append(log, 500, 1);
    try (AuditIndex index = index(10_000)) {
      index.awaitIndexed(log.lastId());
      long before = log.lastId();
      long found = eventIds(index);
      assertThat(found).isPositive();
      fill(index);
      assertThat(index.visibleThrough()).isEqualTo(before);
      assertThat(eventIds(index)).as("what was visible stays so").isEqualTo(found);
      full = false;
      awaitIndexed(index);
      assertAnswers(index);
      RandomLog.append(log, 100, 4);
      assertAnswers(index);
    }
    try (AuditIndex index = index(10_000)) {
      assertAnswers(index);
    }
  }

  @Test
  void everyQuestionIsAnsweredWhileTheIndexCannotBeWritten() throws Exception {
    RandomLog.append(log, 500, 1);
    try (AuditIndex index = index(10_000)) {
      index.awaitIndexed(log.lastId());
      long before = log.lastId();
      fill(index);
      assertAnswers(index);
      RandomLog.append(log, 300, 5);
      assertAnswers(index);
      IndexStatus status = index.status();
      assertThat(status.reason()).contains("beyond entry " + before + ":");
      assertThat(status.indexedThrough()).isEqualTo(before);
      assertThat(status.answeredThrough()).isEqualTo(log.lastId());
      full = false;
      awaitIndexed(index);
      assertThat(index.status())
          .isEqualTo(new IndexStatus(null, log.lastId(), log.lastId(), log.lastId(), null));
      assertAnswers(index);
    }
  }

  @Test
  void aLongTailIsAnsweredInPartByListsAndInFullByExports() throws Exception {
    RandomLog.append(log, 500, 1);
    try (AuditIndex index = index(10_000, 150)) {
      index.awaitIndexed(log.lastId());
      long known = log.lastId() + 150;
      fill(index);
      List<Entry> entries = RandomLog.entries(log);
      List<Entry> part = entries.stream().filter(e -> e.id() <= known).toList();
      Random random = new Random(8);
      for (int i = 0; i < 50; i++) {
        AuditQuery question = RandomLog.randomQuestion(random, entries);
        List<Long> all = new ArrayList<>();
        index.forEachMatch(question, all::add);
        assertThat(all).as("%s", question).isEqualTo(RandomLog.matches(question, entries));
        if (question.texts().containsKey(EntryField.ACTOR_ID)) {
          assertThat(index.search(question).total())
              .isEqualTo(part.stream().filter(RandomLog.meaning(question)).count());
          assertThatThrownBy(() -> index.count(question)).isInstanceOf(IndexException.class);
        }
      }
      assertThat(
              index.statistics(Scope.ALL, AuditQuery.Span.ALWAYS, Instant.now()).byType().byValue())
          .isEqualTo(RandomLog.byType(part));
      assertThat(index.status().answeredThrough()).isEqualTo(known);
      assertThat(index.status().lastId()).isGreaterThan(known);
      assertThatThrownBy(() -> index.types(Scope.ALL, null, 9)).isInstanceOf(IndexException.class);
      full = false;
      awaitIndexed(index);
      assertAnswers(index);
    }
  }

  @Test
  void opensWithoutRoomAndBeginsWhenThereIsSome() throws Exception {
    RandomLog.append(log, 500, 1);
    full = true;
    try (AuditIndex index = index(10_000)) {
      for (int i = 0; i < 100 && !index.status().isDegraded(); i++) {
        Thread.sleep(20);
      }
      assertAnswers(index);
      full = false;
      awaitIndexed(index);
      assertAnswers(index);
    }
  }

  @Test
  void goesOnWhenThereWasNoRoomForTheNextShard() throws Exception {
    RandomLog.append(log, 500, 1);
    long ids = log.lastId();
    try (AuditIndex index = index(ids)) {
      index.awaitIndexed(log.lastId());
      fill(index);
      full = false;
      awaitIndexed(index);
      assertAnswers(index);
    }
    assertThat(directory.resolve(Long.toString(ids + 1))).isDirectory();
  }

  @Test
  void buildsAShardAgainThatIsFoundDamagedThen() throws Exception {
    RandomLog.append(log, 500, 1);
    index(10_000).close();
    try (AuditIndex index = index(10_000)) {
      index.awaitIndexed(log.lastId());
      fill(index);
      damage(directory.resolve("1"));
      full = false;
      awaitIndexed(index);
      assertAnswers(index);
    }
  }

  /** Flips a bit of each file with documents, in place, for the files are mapped. */
  private static void damage(Path shard) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(shard, "*.cfs")) {
      for (Path path : files) {
        try (FileChannel file =
            FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
          ByteBuffer one = ByteBuffer.allocate(1);
          file.read(one, file.size() / 2);
          one.flip();
          one.put(0, (byte) (one.get(0) ^ 1));
          file.write(one, file.size() / 2);
        }
      }
    }
  }
}
