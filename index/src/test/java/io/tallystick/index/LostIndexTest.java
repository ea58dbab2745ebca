package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.index.scope.Scope;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Somebody deletes or damages the files of an index that is open: it is rebuilt by itself. */
@Timeout(120)
class LostIndexTest {
  private static final long SHARD_IDS = 300;

  @TempDir Path data;
  private AuditLog log;
  private Path directory;

  @BeforeEach
  void open() throws IOException {
    log = AuditLog.open(data, LogConfig.builder().origin("example.com/lost").build());
    directory = log.reader().directory().index();
  }

  @AfterEach
  void close() throws IOException {
    log.close();
  }

  /** While nobody has it, a shard can be opened; so a test sees what happens before. */
  private final Semaphore gate = new Semaphore(1);

  private AuditIndex index() throws IOException {
    return AuditIndex.open(
        log.reader(),
        directory,
        SHARD_IDS,
        path -> {
          boolean open = await(gate);
          if (open) {
            gate.release();
          }
          return Shard.directory(path);
        });
  }

  private static boolean await(Semaphore gate) {
    try {
      return gate.tryAcquire(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void assertAnswers(AuditIndex index) throws Exception {
    List<Entry> entries = RandomLog.entries(log);
    Random random = new Random(5);
    for (int i = 0; i < 40; i++) {
      RandomLog.assertAnswers(index, RandomLog.randomQuestion(random, entries), entries);
    }
    LogStatistics counts = index.statistics(Scope.ALL, AuditQuery.Span.ALWAYS, Instant.now());
    assertThat(counts.totalEntries()).isEqualTo(entries.size());
    assertThat(counts.byType().byValue()).isEqualTo(RandomLog.byType(entries));
    assertThat(counts.perDay()).isEqualTo(RandomLog.perDay(entries));
  }

  private void awaitRebuilt(AuditIndex index) throws Exception {
    for (int i = 0; index.status().isDegraded() || index.visibleThrough() < log.lastId(); i++) {
      assertThat(i).as("%s", index.status()).isLessThan(600);
      Thread.sleep(100);
    }
  }

  private void awaitReason(AuditIndex index, String reason) throws Exception {
    for (int i = 0; !String.valueOf(index.status().reason()).contains(reason); i++) {
      assertThat(i).as("%s", index.status()).isLessThan(300);
      Thread.sleep(10);
    }
  }

  /** Deletes as {@code rm -rf} does, again if a merge has added a file meanwhile. */
  private static void delete(Path path) throws IOException {
    while (Files.exists(path)) {
      try {
        Shard.delete(path);
      } catch (DirectoryNotEmptyException e) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void aDeletedDirectoryIsBuiltAgainAndEveryQuestionIsAnsweredMeanwhile() throws Exception {
    RandomLog.append(log, 1_000, 1);
    try (AuditIndex index = index()) {
      index.awaitIndexed(log.lastId());
      gate.acquire();
      delete(directory);
      awaitReason(index, "of the index is gone, so it is being rebuilt from the log: entry ");
      assertAnswers(index);
      RandomLog.append(log, 200, 2);
      assertAnswers(index);
      assertThat(index.status().answeredThrough()).isEqualTo(log.lastId());
      gate.release();
      for (int i = 0; i < 600 && !Files.exists(directory.resolve("1")); i++) {
        Thread.sleep(50);
      }
      awaitRebuilt(index);
      assertAnswers(index);
      RandomLog.append(log, 50, 3);
      assertAnswers(index);
    }
    assertThat(directory.resolve("1")).isDirectory();
    try (AuditIndex index = index()) {
      assertThat(index.visibleThrough()).isEqualTo(log.lastId());
      assertAnswers(index);
    }
  }

  @Test
  void aDeletedShardIsBuiltAgainAndThoseBeforeItStay() throws Exception {
    RandomLog.append(log, 1_000, 1);
    try (AuditIndex index = index()) {
      index.awaitIndexed(log.lastId());
      Object before = Files.getLastModifiedTime(directory.resolve("1"));
      gate.acquire();
      delete(directory.resolve(Long.toString(1 + 2 * SHARD_IDS)));
      awaitReason(index, "shard " + (1 + 2 * SHARD_IDS));
      gate.release();
      awaitRebuilt(index);
      assertAnswers(index);
      assertThat(Files.getLastModifiedTime(directory.resolve("1"))).isEqualTo(before);
    }
    try (AuditIndex index = index()) {
      assertThat(index.visibleThrough()).isEqualTo(log.lastId());
      assertAnswers(index);
    }
  }

  @Test
  void aShardThatASearchFindsDamagedIsBuiltAgain() throws Exception {
    RandomLog.append(log, 1_000, 1);
    try (AuditIndex index = index()) {
      index.awaitIndexed(log.lastId());
    }
    try (AuditIndex index = index()) {
      index.awaitIndexed(log.lastId());
      gate.acquire();
      overwrite(directory.resolve("1"));
      String answer = "";
      for (int i = 0; i < 100 && !answer.contains("could not be read"); i++) {
        answer = answer(index);
      }
      assertThat(answer).contains("it is being checked, and rebuilt from the log if it is damaged");
      awaitReason(index, "shard 1 of the index is damaged");
      gate.release();
      awaitRebuilt(index);
      assertAnswers(index);
    }
  }

  private static String answer(AuditIndex index) throws Exception {
    for (Callable<Object> question :
        List.<Callable<Object>>of(
            () -> index.search(AuditQuery.builder().eventTypes(List.of("auth.*")).build()),
            () ->
                index.statistics(
                    Scope.ALL, new AuditQuery.Span(null, Instant.now()), Instant.now()),
            () -> index.topActors(AuditQuery.builder().security(true).build(), 3))) {
      try {
        Object _ = question.call();
      } catch (IndexException e) {
        return String.valueOf(e.getMessage());
      } catch (AssertionError e) {
        // One of Lucene's own, which only tests turn on; another question finds the damage.
        assertThat(e.getStackTrace()[0].getClassName()).startsWith("org.apache.lucene.");
      }
    }
    return "";
  }

  /**
   * Overwrites all but the ends of the files with documents, in place, for the files are mapped.
   */
  private static void overwrite(Path shard) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(shard, "*.cfs")) {
      for (Path path : files) {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
          byte[] noise = new byte[(int) file.size() - 128];
          new Random(1).nextBytes(noise);
          file.write(ByteBuffer.wrap(noise), 64);
        }
      }
    }
  }

  @Test
  void anIndexThatIsGoneIsBuiltAgainAlthoughNothingIsAppended() throws Exception {
    log.append(Event.of("auth.logout")).get();
    try (AuditIndex index = index()) {
      index.awaitIndexed(log.lastId());
      delete(directory);
      for (int i = 0; i < 600 && !Files.exists(directory.resolve("1")); i++) {
        Thread.sleep(50);
      }
      awaitRebuilt(index);
      assertAnswers(index);
    }
  }
}
