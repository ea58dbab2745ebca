package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.note.SignedNote;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {
  @TempDir Path directory;

  private static VerifyReport verify(Path data, SignedNote earlier) throws Exception {
    LogReader log = LogReader.open(data);
    return log.verify(VerifyRequest.all().withEarlier(earlier), null);
  }

  /** Copies again and again while the log is written, and each copy is whole. */
  @Test
  void aCopyThatIsMadeWhileTheLogIsWrittenVerifiesAndHoldsWhatWasSealedBefore() throws Exception {
    Path data = directory.resolve("log");
    Path copy = directory.resolve("copy");
    List<Backup.Report> reports = new ArrayList<>();
    try (AuditLog log =
        AuditLog.open(data, AuditLogTest.CONFIG.withSealEvery(Duration.ofMillis(5)))) {
      Thread writer =
          Thread.ofPlatform()
              .start(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                  log.append(AuditLogTest.events(200), null).join();
                  LockSupport.parkNanos(2_000_000);
                }
              });
      try {
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
      } finally {
        writer.interrupt();
        writer.join();
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
      AuditLog.open(each, AuditLogTest.CONFIG.withOrigin(each.getFileName().toString())).close();
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
}
