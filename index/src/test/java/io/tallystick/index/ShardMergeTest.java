package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexOutput;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A finished shard is merged beside everything else. */
@Timeout(120)
class ShardMergeTest {
  private static final long SHARD_IDS = 250;

  @TempDir Path data;

  /** What merges have to do before they may write. */
  @FunctionalInterface
  private interface Gate {
    void pass() throws IOException;
  }

  private static AuditIndex open(AuditLog log, Gate gate) throws IOException {
    return AuditIndex.open(
        log.reader(),
        log.reader().directory().index(),
        SHARD_IDS,
        path -> new Gated(Shard.directory(path), gate));
  }

  private static final class Gated extends FilterDirectory {
    private final Gate gate;

    Gated(Directory in, Gate gate) {
      super(in);
      this.gate = gate;
    }

    @Override
    public IndexOutput createOutput(String name, IOContext context) throws IOException {
      if (context.context() == IOContext.Context.MERGE) {
        gate.pass();
      }
      return super.createOutput(name, context);
    }
  }

  private static void append(AuditLog log, AuditIndex index) throws Exception {
    for (int i = 0; i < 4; i++) {
      RandomLog.append(log, 100, i);
      index.awaitIndexed(log.lastId());
    }
  }

  private static void assertAnswers(AuditLog log, AuditIndex index) throws Exception {
    AuditQuery question = AuditQuery.builder().security(true).build();
    assertThat(index.search(question).total())
        .isEqualTo(RandomLog.entries(log).stream().filter(RandomLog.meaning(question)).count());
  }

  private void awaitMerged() throws Exception {
    for (int i = 0; i < 300 && segments() > 1; i++) {
      Thread.sleep(100);
    }
    assertThat(segments()).isEqualTo(1);
  }

  private long segments() throws IOException {
    try (var files = Files.list(data.resolve("index/1"))) {
      return files.filter(file -> file.toString().endsWith(".si")).count();
    }
  }

  @Test
  void questionsAreAnsweredMeanwhile() throws Exception {
    CountDownLatch may = new CountDownLatch(1);
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults());
        AuditIndex index =
            open(
                log,
                () -> {
                  try {
                    may.await();
                  } catch (InterruptedException e) {
                    throw new IOException(e);
                  }
                })) {
      append(log, index);
      assertAnswers(log, index);
      assertThat(segments()).isGreaterThan(1);
      may.countDown();
      awaitMerged();
      assertAnswers(log, index);
    }
  }

  @Test
  void whatWasNotMergedIsMergedAfterTheNextStart() throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      try (AuditIndex index =
          open(
              log,
              () -> {
                throw new IOException("no room to merge");
              })) {
        append(log, index);
        assertAnswers(log, index);
      }
      assertThat(segments()).isGreaterThan(1);
      try (AuditIndex index = open(log, () -> {})) {
        assertAnswers(log, index);
        awaitMerged();
        assertAnswers(log, index);
      }
    }
  }
}
