package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogConfig;
import io.tallystick.store.StoredEntry;
import io.tallystick.store.VerifyReport;
import io.tallystick.store.VerifyRequest;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** Judges what is left of a log after a bad moment, by what its client was told before. */
final class Survivors {
  private Survivors() {}

  /** Opens the log as the next start would; everything that was acknowledged must be in it. */
  static long check(Path data, SortedMap<Long, String> entries, Set<String> keys) throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      for (Map.Entry<Long, String> told : entries.entrySet()) {
        StoredEntry entry =
            log.reader()
                .read(told.getKey())
                .orElseThrow(() -> new AssertionError("entry " + told.getKey() + " is lost"));
        assertThat(entry.hash()).hasToString(told.getValue());
      }
      VerifyReport report = log.reader().verify(VerifyRequest.all(), null);
      assertThat(report.faults()).isEmpty();
      AccessKeys access = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      assertThat(keys).allSatisfy(id -> assertThat(access.find(id)).isPresent());
      try (AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
        index.awaitIndexed(log.lastId());
        assertThat(index.count(AuditQuery.builder().build())).isEqualTo(log.lastId());
      }
      return log.lastId();
    }
  }
}
