package io.tallystick.store.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What verification of a range costs in hashes: the range's own, and at most one tile of each level
 * at each end of the range and at the tree's right edge, however large the log is.
 */
class HashCountIT {
  private static final List<Long> SIZES =
      Boolean.getBoolean("tallystick.long")
          ? List.of(1_000L, 1_000_000L, 10_000_000L)
          : List.of(1_000L, 1_000_000L);

  @TempDir Path data;

  @Test
  void aRangeCostsItsEntriesAndAFewTiles() throws Exception {
    Random random = new Random(5);
    LogConfig config = AuditLogTest.CONFIG.toBuilder().sealEvery(Duration.ofSeconds(1)).build();
    for (long size : SIZES) {
      try (AuditLog log = AuditLog.open(data, config)) {
        while (log.lastId() < size) {
          int count = (int) Math.min(20_000, size - log.lastId());
          log.append(AuditLogTest.events(count), null).get();
        }
        assertThat(log.seal().get().size()).isEqualTo(size);
      }
      LogReader reader = LogReader.open(data);
      long bound = 3L * 256 * tileLevels(size);
      long most = 0;
      for (int i = 0; i < 60; i++) {
        long start = 1 + random.nextLong(size);
        long end = Math.min(size, start + (i % 3 == 0 ? 0 : random.nextLong(1_500)));
        long k = end - start + 1;
        VerifyReport full = new LogVerifier(reader).verify(VerifyRequest.range(start, end), null);
        assertThat(full.faults()).isEmpty();
        assertThat(full.leafHashes()).isLessThanOrEqualTo(k);
        assertThat(full.nodeHashes()).isLessThanOrEqualTo(k + bound);
        VerifyReport quick =
            new LogVerifier(reader).verify(VerifyRequest.range(start, end).quickly(), null);
        assertThat(quick.faults()).isEmpty();
        assertThat(quick.leafHashes()).isLessThanOrEqualTo(Math.min(k, 2));
        assertThat(quick.nodeHashes()).isLessThanOrEqualTo(bound);
        most = Math.max(most, quick.nodeHashes());
      }
      System.out.printf(
          "%,d entries: a range's own hashes and at most %,d more; %,d are allowed%n",
          size, most, bound);
    }
  }

  private static int tileLevels(long size) {
    int levels = 0;
    for (long covered = 1; covered < size; covered *= 256) {
      levels++;
    }
    return levels;
  }
}
