package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup into a directory that somebody else has had a hand in. */
class BackupTargetTest {
  @TempDir Path directory;
  private Path data;
  private Path target;
  private Path victim;

  @BeforeEach
  void makeLog() throws Exception {
    data = directory.resolve("log");
    target = directory.resolve("backup");
    victim = Files.writeString(directory.resolve("victim"), "of root");
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      log.append(AuditLogTest.events(1_000), null).get();
    }
  }

  private void backup() throws IOException {
    Backup.make(LogReader.open(data), target, true);
  }

  private void assertRefused(String... words) throws IOException {
    assertThatThrownBy(this::backup).isInstanceOf(IOException.class).message().contains(words);
    assertThat(victim).hasContent("of root");
  }

  /** In each place in which a file goes. */
  @Test
  void aPlantedLinkIsReplacedAndNotFollowed() throws Exception {
    backup();
    List<Path> files;
    try (var all = Files.walk(target)) {
      files = all.filter(Files::isRegularFile).filter(file -> !file.endsWith("lock")).toList();
    }
    assertThat(files).hasSizeGreaterThan(8);
    for (Path file : files) {
      if (file.endsWith("log.json")) {
        // Without it the directory is no backup.
        continue;
      }
      Files.delete(file);
      Files.createSymbolicLink(file, victim);
      // The place where a new copy is written first.
      Files.createSymbolicLink(file.resolveSibling(file.getFileName() + ".tmp"), victim);
    }
    backup();
    assertThat(victim).hasContent("of root");
    assertThat(files).noneMatch(Files::isSymbolicLink);
    assertThat(new LogVerifier(LogReader.open(target)).verify(VerifyRequest.all(), null).faults())
        .isEmpty();
  }

  @Test
  void aPlantedLinkToADirectoryIsRefused() throws Exception {
    backup();
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    LogFiles.delete(target.resolve("tiles"));
    Files.createSymbolicLink(target.resolve("tiles"), elsewhere);
    assertRefused(target.resolve("tiles") + " is a symbolic link");
    assertThat(elsewhere).isEmptyDirectory();
  }

  @Test
  void aTargetThatIsALinkIsRefused() throws Exception {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Files.createSymbolicLink(target, elsewhere);
    assertRefused(target + " is a symbolic link");
    assertThat(elsewhere).isEmptyDirectory();
  }

  @Test
  void aTargetThatIsOpenToOthersIsRefused() throws Exception {
    backup();
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertRefused("chmod 700 " + target);
  }

  @Test
  void aTargetOfAnotherUserIsRefused() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "giving a file away needs root");
    Files.createDirectory(target);
    Files.setAttribute(target, "unix:uid", 65_534);
    assertRefused(target + " belongs to nobody");
  }

  /** The older copy is whole until the newer one is. */
  @Test
  void anInterruptedBackupLeavesTheOlderCopy() throws Exception {
    backup();
    long before = LogReader.open(target).lastId();
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      log.append(AuditLogTest.events(1_000), null).get();
    }
    Files.createSymbolicLink(data.resolve("segments/zzz"), victim);
    assertRefused("zzz is a symbolic link");
    assertThat(LogReader.open(target).lastId()).isEqualTo(before);
    assertThat(new LogVerifier(LogReader.open(target)).verify(VerifyRequest.all(), null).faults())
        .isEmpty();
    Files.delete(data.resolve("segments/zzz"));
    backup();
    assertThat(LogReader.open(target).lastId()).isEqualTo(before + 1_000);
  }
}
