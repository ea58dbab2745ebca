package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.IndexException;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.ArchiveReader;
import io.tallystick.store.archive.ArchiveVerifier;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Compares what is left of a log after a failure with what its client was told before. */
final class Survivors {
  private Survivors() {}

  /**
   * Opens the log as the next start would; everything that was acknowledged must be in it, or have
   * been removed by retention, and be in the archive if it was archived.
   *
   * @return the last entry of the log
   */
  static long check(Path data, Subject.Told told) throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      LogReader reader = log.reader();
      assertThat(reader.firstId()).isGreaterThan(told.removedThrough());
      SortedMap<Long, String> here = told.entries().tailMap(reader.firstId());
      for (Map.Entry<Long, String> due : here.entrySet()) {
        StoredEntry entry =
            reader
                .read(due.getKey())
                .orElseThrow(() -> new AssertionError("entry " + due.getKey() + " is lost"));
        assertThat(entry.hash()).hasToString(due.getValue());
      }
      for (Erasure.Ids ids : told.erased()) {
        reader.forEach(ids.first(), ids.last(), entry -> isErased(entry));
      }
      for (Horizon.Removed removed : reader.horizon().removed()) {
        if (removed.archive() != null) {
          checkArchive(reader, removed, told);
        }
      }
      VerifyReport report = new LogVerifier(reader).verify(VerifyRequest.all(), null);
      assertThat(report.faults()).isEmpty();
      AccessKeys access = AccessKeys.open(reader.directory().access(), Clock.systemUTC());
      assertThat(told.keys()).allSatisfy(id -> assertThat(access.find(id)).isPresent());
      try (AuditIndex index = AuditIndex.open(reader, reader.directory().index())) {
        awaitIndexed(index, log.lastId());
        assertThat(index.count(AuditQuery.builder().build()))
            .isEqualTo(log.lastId() - reader.firstId() + 1);
        assertThat(
                index.statistics(Scope.ALL, AuditQuery.Span.ALWAYS, Instant.now()).byType().total())
            .isEqualTo(log.lastId() - reader.firstId() + 1);
      }
      assertThat(log.lastId()).isGreaterThanOrEqualTo(told.lastId());
      return log.lastId();
    }
  }

  /** Whether an entry has no personal value; fails if it has one. */
  private static boolean isErased(StoredEntry entry) {
    assertThat(entry.readable().values()).as("erased from entry %d", entry.id()).isEmpty();
    return true;
  }

  /** An index that is built anew says so for as long as it takes. */
  private static void awaitIndexed(AuditIndex index, long id) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (true) {
      try {
        index.awaitIndexed(id);
        return;
      } catch (IndexException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(100);
      }
    }
  }

  private static void checkArchive(LogReader reader, Horizon.Removed removed, Subject.Told said)
      throws Exception {
    SortedMap<Long, String> due =
        new TreeMap<>(said.entries().subMap(removed.firstId(), removed.lastId() + 1));
    Path file = reader.directory().archive().resolve(removed.archive());
    try (ArchiveReader archive = ArchiveReader.open(file)) {
      assertThat(ArchiveVerifier.verify(archive, reader.identity().keys()).faults()).isEmpty();
      archive.forEach(entry -> {
        String told = due.remove(entry.id());
        assertThat(told == null || told.equals(entry.hash().toString())).isTrue();
        assertThat(!said.isErased(entry.id()) || isErased(entry)).isTrue();
        return true;
      });
    }
    assertThat(due).as("acknowledged, archived and lost").isEmpty();
  }
}
