package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.note.SignedNote;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {
  @TempDir Path directory;

  private static VerifyReport verify(Path data, SignedNote earlier) throws Exception {
    LogReader log = LogReader.open(data);
    return new LogVerifier(log).verify(VerifyRequest.all().withEarlier(earlier), null);
  }

  /** Copies the log again and again while it is written. Each copy is complete. */
  @Test
  void aCopyThatIsMadeWhileTheLogIsWrittenVerifiesAndHoldsWhatWasSealedBefore() throws Exception {
    Path data = directory.resolve("log");
    Path copy = directory.resolve("copy");
    List<Backup.Report> reports = new ArrayList<>();
    try (AuditLog log =
        AuditLog.open(
            data, AuditLogTest.CONFIG.toBuilder().sealEvery(Duration.ofMillis(5)).build())) {
      try (BusyLog _ = new BusyLog(log, 200, Duration.ofMillis(2))) {
        for (int i = 0; i < 6; i++) {
          SignedCheckpoint before = log.seal().get();
          Backup.Report report = Backup.make(log.reader(), copy, false);
          reports.add(report);
          assertThat(report.sealed()).isGreaterThanOrEqualTo(before.size());
          VerifyReport found = verify(copy, before.note());
          assertThat(found.faults()).isEmpty();
          assertThat(found.lastId()).isGreaterThanOrEqualTo(report.sealed());
          if (i % 3 == 2) {
            // A copy of its own, from nothing.
            Path fresh = directory.resolve("fresh-" + i);
            Backup.make(LogReader.open(data), fresh, true);
            assertThat(verify(fresh, before.note()).faults()).isEmpty();
            try (AuditLog restored = AuditLog.open(fresh, AuditLogTest.CONFIG)) {
              long last = restored.lastId();
              restored.append(AuditLogTest.events(3), null).get();
              assertThat(restored.lastId()).isEqualTo(last + 3);
            }
            assertThat(verify(fresh, before.note()).faults()).isEmpty();
          }
        }
      }
    }
    assertThat(reports.getLast().filesKept()).as("what did not change is not copied").isPositive();
    assertThat(copy.resolve("keys")).doesNotExist();
    assertThatThrownBy(() -> AuditLog.open(copy, AuditLogTest.CONFIG))
        .isInstanceOf(LogException.NoKey.class);
  }

  @Test
  void whatIsNotABackupOfThisLogIsLeftAlone() throws Exception {
    Path data = directory.resolve("log");
    Path other = directory.resolve("other");
    for (Path each : List.of(data, other)) {
      AuditLog.open(
              each, AuditLogTest.CONFIG.toBuilder().origin(each.getFileName().toString()).build())
          .close();
    }
    LogReader log = LogReader.open(data);
    Path full = Files.createDirectory(directory.resolve("full"));
    Files.writeString(full.resolve("a file"), "of somebody");
    assertThatThrownBy(() -> Backup.make(log, other, false)).hasMessageContaining("another log");
    assertThatThrownBy(() -> Backup.make(log, full, false)).hasMessageContaining("not empty");
    assertThatThrownBy(() -> Backup.make(log, data.resolve("in"), false))
        .hasMessageContaining("inside");
    assertThat(full.resolve("log.json")).doesNotExist();
  }

  /** A hole, and blocks behind it, would be left by what is written while a segment is copied. */
  @Test
  void aCopyEndsWithItsLastBlock() throws Exception {
    Path data = directory.resolve("log");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      try (BusyLog _ = new BusyLog(log, 1_000, Duration.ofMillis(20))) {
        for (int i = 0; i < 3; i++) {
          Path copy = directory.resolve("copy-" + i);
          SignedCheckpoint before = log.seal().get();
          Backup.make(LogReader.open(data), copy, true);
          Path newest = LogFiles.segments(copy).getLast();
          assertThat(newest).hasSize(LogFiles.end(newest));
          assertThat(verify(copy, before.note()).faults()).isEmpty();
          AuditLog.open(copy, AuditLogTest.CONFIG).close();
          assertThat(verify(copy, before.note()).faults()).isEmpty();
        }
      }
    }
  }

  @Test
  void nothingStaysInACopyBehindTheEnd() throws Exception {
    Path data = directory.resolve("log");
    Path copy = directory.resolve("copy");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      log.append(AuditLogTest.events(10), null).get();
    }
    LogReader log = LogReader.open(data);
    Backup.make(log, copy, false);
    Path segment = LogFiles.segments(copy).getFirst();
    long end = LogFiles.end(segment);
    long first = LogFiles.blocks(segment).getFirst();
    byte[] stale = LogFiles.read(segment, first, (int) (end - first));
    LogFiles.write(segment, Files.size(LogFiles.segments(data).getFirst()) + 4_096, stale);
    Backup.make(log, copy, false);
    assertThat(segment).hasSize(end);
    assertThat(new LogVerifier(LogReader.open(copy)).verify(VerifyRequest.all(), null).faults())
        .isEmpty();
    assertThat(Backup.make(log, copy, false).filesKept()).as("nobody wrote it").isOne();
  }

  /** What an incident left behind is copied too, so that it can be examined. */
  @Test
  void aDamagedSegmentIsCopiedToItsEnd() throws Exception {
    Path data = directory.resolve("log");
    Path copy = directory.resolve("copy");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      for (int i = 0; i < 5; i++) {
        log.append(AuditLogTest.events(10), null).get();
      }
    }
    Path segment = LogFiles.segments(data).getFirst();
    long end = LogFiles.end(segment);
    LogFiles.write(segment, LogFiles.blocks(segment).get(2), new byte[100]);
    Backup.make(LogReader.open(data), copy, false);
    assertThat(LogFiles.segments(copy).getFirst()).hasSize(end);
    assertThat(LogReader.open(copy).lastId()).isEqualTo(LogReader.open(data).lastId());
  }
}
