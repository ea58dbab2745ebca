package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.archive.Restore;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log writes is for its owner alone, also below a directory that everybody may read. */
class PermissionsTest {
  @TempDir Path directory;
  private Path data;

  @BeforeEach
  void makeADirectoryThatEverybodyMayRead() throws IOException {
    data = shared("log");
  }

  private Path shared(String name) throws IOException {
    Path shared = Files.createDirectory(directory.resolve(name));
    return Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Everything below the directory that somebody else has any permission on. */
  private static List<Path> openToOthers(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      return files.filter(file -> !file.equals(root)).filter(PermissionsTest::isOpen).toList();
    }
  }

  private static boolean isOpen(Path file) {
    try {
      return OwnerOnly.isOpenToOthers(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void everythingUnderADirectoryThatExistedIsOwnerOnly() throws Exception {
    AuditLogTest.SteppingClock clock =
        new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:10:00Z"));
    LogConfig config =
        AuditLogTest.CONFIG.toBuilder().clock(clock).sealEvery(Duration.ofMillis(50)).build();
    try (AuditLog log = AuditLog.open(data, config)) {
      log.append(AuditLogTest.events(1_000), null).get();
      log.seal().get();
      log.reader().tree().publishCosigned(log.seal().get());
      clock.now = clock.now.plusSeconds(7_200);
      log.append(AuditLogTest.events(1_000), null).get();
      log.seal().get();
      assertThat(openToOthers(data)).as("while it is written").isEmpty();
      Retention retention = new Retention(log);
      retention.remove(
          retention.plan(clock.now, Long.MAX_VALUE).getFirst(), Retention.Mode.ARCHIVE, null);
    }
    // What a crash left behind the last block goes to dropped/.
    Path segment = LogFiles.segments(data).getLast();
    LogFiles.write(segment, LogFiles.end(segment), new byte[] {1, 0, 0, (byte) 0x80, 7, 7, 7, 7});
    AuditLog.open(data, config).close();
    assertThat(data.resolve("dropped")).isNotEmptyDirectory();
    assertThat(data.resolve("archive")).isNotEmptyDirectory();
    assertThat(data.resolve("tiles")).isNotEmptyDirectory();
    assertThat(data.resolve("checkpoints")).isNotEmptyDirectory();
    assertThat(openToOthers(data)).isEmpty();

    Path backup = shared("backup");
    Backup.make(LogReader.open(data), backup, true);
    assertThat(backup.resolve("tiles")).isNotEmptyDirectory();
    assertThat(openToOthers(backup)).isEmpty();

    Path restored = shared("restored");
    try (var archives = Files.list(data.resolve("archive"))) {
      Restore.restore(archives.toList(), List.of(), restored);
    }
    assertThat(openToOthers(restored)).isEmpty();
  }
}
