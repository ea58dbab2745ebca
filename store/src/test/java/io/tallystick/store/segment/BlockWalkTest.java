package io.tallystick.store.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.BusyLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Walks through a log while it is written, as another process sees it. */
class BlockWalkTest {
  @TempDir Path data;

  @Test
  void blocksThatAreWrittenDuringAWalkAreNoDamage() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      append(log, 20);
      LogReader reader = LogReader.open(data);
      try (BlockWalk walk = BlockWalk.from(reader.segments(), 1)) {
        long last = 0;
        int blocks = 0;
        for (Block block = walk.next(); block != null; block = walk.next()) {
          assertThat(block.firstId()).isEqualTo(last + 1);
          last = block.lastId();
          if (++blocks == 5) {
            // More than the walk has read ahead.
            append(log, 150);
          }
        }
        assertThat(walk.takeGaps()).isEmpty();
        assertThat(last).isEqualTo(log.lastId());
      }
    }
  }

  private static void append(AuditLog log, int blocks) throws Exception {
    for (int b = 0; b < blocks; b++) {
      log.append(AuditLogTest.events(3), null).get();
    }
  }

  @Test
  void aLogThatIsWrittenAtFullSpeedVerifies() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG);
        BusyLog _ = new BusyLog(log, 20, Duration.ZERO)) {
      long deadline = System.nanoTime() + Duration.ofSeconds(2).toNanos();
      while (System.nanoTime() < deadline) {
        assertThat(new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null).faults())
            .isEmpty();
      }
    }
  }
}
