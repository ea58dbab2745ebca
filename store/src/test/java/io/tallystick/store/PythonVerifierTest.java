package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.log.Fault;
import io.tallystick.store.log.LogIdentity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The auditor's checker and verification agree on logs made here, good and damaged, and the checker
 * keeps what it promises beyond that. The other fault tests of this package ask it too.
 */
class PythonVerifierTest {
  @TempDir Path directory;
  private Path data;

  @BeforeEach
  void makeALog() throws Exception {
    assumeTrue(PythonVerifier.MISSING.isEmpty(), PythonVerifier.MISSING);
    data = directory.resolve("log");
    for (int i = 0; i < 3; i++) {
      try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
        for (int b = 0; b < 20; b++) {
          log.append(AuditLogTest.events(10), null).get();
        }
        log.reader().tree().keep(log.seal().get());
      }
    }
  }

  @Test
  void bothFindAGoodLogGood() throws Exception {
    assertThat(PythonVerifier.run(data)).isEqualTo(new PythonVerifier.Verdict(0, List.of()));
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
  }

  @Test
  void bothNameTheSameEntriesInADamagedLog() throws Exception {
    Path segment = LogFiles.segments(data).getFirst();
    Random random = new Random(7);
    long end = LogFiles.end(segment);
    long begin = LogFiles.blocks(segment).getFirst();
    for (int i = 0; i < 20; i++) {
      long position = begin + random.nextLong(end - begin);
      byte[] before = LogFiles.read(segment, position, 1);
      LogFiles.flip(segment, position, random.nextInt(8));
      PythonVerifier.verify(data);
      LogFiles.write(segment, position, before);
    }
  }

  /** The blocks before it, behind it, and on the page that is gone. */
  @Test
  void behindAZeroedPageItReadsOnAndNamesEachMissingEntry() throws Exception {
    Path segment = LogFiles.segments(data).getFirst();
    List<Long> blocks = LogFiles.blocks(segment);
    long page = (blocks.get(20) + 4096) & ~4095L;
    LogFiles.write(segment, page, new byte[4096]);
    List<Long> lost =
        LongStream.range(0, 60)
            .filter(b -> {
              long start = blocks.get((int) b + 1);
              return start < page + 4096 && page < start + 2_000 && start >= page;
            })
            .flatMap(b -> LongStream.rangeClosed(2 + 10 * b, 11 + 10 * b))
            .boxed()
            .toList();
    assertThat(lost).isNotEmpty();
    PythonVerifier.Verdict verdict = PythonVerifier.run(data);
    for (long id : lost) {
      assertThat(verdict.findings()).contains("entry " + id + ": is missing");
    }
    assertThat(verdict.entries()).allMatch(id -> id >= lost.getFirst() - 11);
    assertThat(verdict.entries()).allMatch(id -> id <= lost.getLast() + 1);
    PythonVerifier.verify(data);
  }

  @Test
  void bothFindChangedTilesAndCheckpoints() throws Exception {
    LogFiles.flip(data.resolve("tiles/0/001"), 99, 1);
    assertThat(PythonVerifier.run(data).tells("^tile 0/001: holds other hashes")).isTrue();
    assertThat(PythonVerifier.verify(data).faults())
        .anyMatch(f -> f.kind() == Fault.Kind.TILE && f.reason().contains("0/001"));
    LogFiles.flip(data.resolve("tiles/0/001"), 99, 1);

    Path other = directory.resolve("other");
    AuditLog.open(other, AuditLogTest.CONFIG).close();
    Files.write(data.resolve("checkpoint"), Files.readAllBytes(other.resolve("checkpoint")));
    assertThat(PythonVerifier.run(data).tells("^checkpoint newest: .*no key of the log")).isTrue();
    assertThat(PythonVerifier.verify(data).faults())
        .anyMatch(f -> f.kind() == Fault.Kind.CHECKPOINT);
  }

  @Test
  void aLogWhoseCheckpointsAreAllGoneIsAFinding() throws Exception {
    LogFiles.unseal(data);
    assertThat(PythonVerifier.run(data).exitCode()).isEqualTo(1);
    assertThat(PythonVerifier.run(data).tells("^checkpoint: the newest checkpoint is missing"))
        .isTrue();
    PythonVerifier.verify(data);
  }

  /** A log without keys and checkpoints is one that was restored; any other one lost them. */
  @Test
  void aLogWhoseKeysAndCheckpointsAreAllGoneIsAFinding() throws Exception {
    LogFiles.unseal(data);
    Path file = data.resolve("log.json");
    LogIdentity.read(file).withVerifierKeys(List.of()).write(file);
    assertThat(PythonVerifier.run(data).tells("^checkpoint: the newest checkpoint is missing"))
        .isTrue();
    assertThat(PythonVerifier.verify(data).faults())
        .singleElement()
        .satisfies(fault -> {
          assertThat(fault.kind()).isEqualTo(Fault.Kind.CHECKPOINT);
          assertThat(fault.reason()).contains("there is no checkpoint");
        });
  }

  @Test
  void fromAnEntryOnItChecksWhatFollows() throws Exception {
    Path segment = LogFiles.segments(data).getFirst();
    LogFiles.flip(segment, LogFiles.blocks(segment).get(10) + 300, 1);
    assertThat(PythonVerifier.run(data).good()).isFalse();
    assertThat(PythonVerifier.run(data, "--since", 150)).isEqualTo(clean());
    LogFiles.flip(segment, LogFiles.blocks(segment).get(40) + 300, 1);
    assertThat(PythonVerifier.run(data, "--since", 150).entries()).isNotEmpty();
  }

  @Test
  void aKeyAndACheckpointFromElsewhereAreCompared() throws Exception {
    Path exported = directory.resolve("exported");
    Files.copy(data.resolve("checkpoint"), exported);
    String key = LogReader.open(data).identity().verifierKeys().getFirst();
    assertThat(PythonVerifier.run(data, "--key", key, "--checkpoint", exported)).isEqualTo(clean());

    Path other = directory.resolve("other");
    try (AuditLog log = AuditLog.open(other, AuditLogTest.CONFIG)) {
      log.append(AuditLogTest.events(700), null).get();
    }
    assertThat(PythonVerifier.run(other)).isEqualTo(clean());
    assertThat(PythonVerifier.run(other, "--key", key).tells("^checkpoint newest: ")).isTrue();
    assertThat(PythonVerifier.run(other, "--checkpoint", exported).tells("^checkpoint given: "))
        .isTrue();
  }

  @Test
  void whatIsNoLogCannotBeRead() throws Exception {
    assertThat(PythonVerifier.run(directory).exitCode()).isEqualTo(2);
    Files.writeString(data.resolve("log.json"), "{}");
    assertThat(PythonVerifier.run(data).exitCode()).isEqualTo(2);
  }

  private static PythonVerifier.Verdict clean() {
    return new PythonVerifier.Verdict(0, List.of());
  }
}
