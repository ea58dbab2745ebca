package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.archive.RetentionTest;
import io.tallystick.store.log.Fault;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.TamperTest;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The format's own checker, where it lies beside the project, and verification agree on logs made
 * here, good and damaged: on the entries, the tiles and the checkpoints. {@link TamperTest}, {@link
 * ThreatTest} and {@link RetentionTest} ask it too.
 */
class SharedJudgeTest {
  @TempDir Path directory;
  private Path data;

  @BeforeEach
  void makeALog() throws Exception {
    assumeTrue(SharedJudge.isHere(), "no checker of the format beside the project, or no python3");
    data = directory.resolve("log");
    for (int i = 0; i < 3; i++) {
      try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
        for (int b = 0; b < 20; b++) {
          log.append(AuditLogTest.events(10), null).get();
        }
      }
    }
  }

  private VerifyReport verify() throws Exception {
    return new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all().strictly(), null);
  }

  @Test
  void bothFindAGoodLogGood() throws Exception {
    assertThat(SharedJudge.judge(data)).isEqualTo(new SharedJudge.Verdict(true, List.of()));
    assertThat(verify().faults()).isEmpty();
  }

  @Test
  void bothNameTheSameEntriesInADamagedLog() throws Exception {
    Path segment = LogFiles.segments(data).getFirst();
    Random random = new Random(7);
    long end = LogFiles.end(segment);
    long begin = LogFiles.blocks(segment).getFirst();
    for (int i = 0; i < 12; i++) {
      // In entries, not in the headers between them: after those the judge stops.
      long position = 0;
      while (position == 0) {
        long at = begin + random.nextLong(end - begin);
        position = LogFiles.read(segment, at, 1)[0] == 'a' ? at : 0;
      }
      LogFiles.flip(segment, position, random.nextInt(3));
      assertThat(SharedJudge.judge(data).entries()).as("byte %d", position).isNotEmpty();
      SharedJudge.agrees(data, verify());
      LogFiles.write(segment, position, (byte) 'a');
    }
  }

  @Test
  void bothFindChangedTilesAndCheckpoints() throws Exception {
    LogFiles.flip(data.resolve("tiles/0/001"), 99, 1);
    assertThat(SharedJudge.judge(data).tells("tile 0/001 differs")).isTrue();
    assertThat(verify().faults())
        .anyMatch(f -> f.kind() == Fault.Kind.TILE && f.reason().contains("0/001"));
    LogFiles.flip(data.resolve("tiles/0/001"), 99, 1);

    Path other = directory.resolve("other");
    AuditLog.open(other, AuditLogTest.CONFIG).close();
    Files.write(data.resolve("checkpoint"), Files.readAllBytes(other.resolve("checkpoint")));
    assertThat(SharedJudge.judge(data).tells("^checkpoint 1: no good signature")).isTrue();
    assertThat(verify().faults()).anyMatch(f -> f.kind() == Fault.Kind.CHECKPOINT);
  }
}
