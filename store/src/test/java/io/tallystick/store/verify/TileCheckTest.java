package io.tallystick.store.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.PythonVerifier;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every hash that the tree keeps is checked, also where no entry of the log has it. */
class TileCheckTest {
  @TempDir Path data;

  private final AuditLogTest.SteppingClock clock =
      new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));

  private AuditLog open() throws Exception {
    return AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build());
  }

  @Test
  void aChangedHashOfAnEntryThatWasRemovedIsFound() throws Exception {
    try (AuditLog log = open()) {
      log.append(AuditLogTest.events(599), null).get();
      clock.now = Instant.parse("2026-05-02T10:10:00Z");
      log.append(AuditLogTest.events(100), null).get();
      clock.now = Instant.parse("2026-05-03T10:10:00Z");
      log.append(AuditLogTest.events(100), null).get();
      Retention retention = new Retention(log);
      Instant before = Instant.parse("2026-05-02T00:00:00Z");
      retention.remove(
          retention.plan(before, Long.MAX_VALUE).getFirst(), Retention.Mode.PURGE, null);
      assertThat(log.reader().firstId()).isEqualTo(601);
    }
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
    for (long at : new long[] {0, 40L * 32 + 7, 8_191}) {
      for (String tile : new String[] {"0/000", "0/001", "0/002"}) {
        LogFiles.flip(data.resolve("tiles/" + tile), at, 3);
        assertThat(PythonVerifier.verify(data).faults())
            .as("byte %d of %s", at, tile)
            .anyMatch(fault -> fault.reason().contains("tile " + tile));
        LogFiles.flip(data.resolve("tiles/" + tile), at, 3);
      }
    }
  }

  @Test
  void aChangedHashOfAnyPartialTileIsFound() throws Exception {
    try (AuditLog log = open()) {
      log.append(AuditLogTest.events(699), null).get();
    }
    Path edge = data.resolve("edge");
    assertThat(Files.size(edge)).isEqualTo(8 + 32 * (2 + 188));
    assertThat(PythonVerifier.verify(data).faults()).isEmpty();
    for (int hash : new int[] {0, 1, 2, 100, 189}) {
      LogFiles.flip(edge, 8 + 32L * hash + 31, 0);
      assertThat(PythonVerifier.verify(data).faults())
          .as("hash %d", hash)
          .anyMatch(fault -> fault.kind() == Fault.Kind.TILE);
      LogFiles.flip(edge, 8 + 32L * hash + 31, 0);
    }
  }
}
