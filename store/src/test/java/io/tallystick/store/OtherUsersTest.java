package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.log.LogException;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other users of the machine can do to a data directory. */
class OtherUsersTest {
  private static final int NOBODY = 65_534;

  @TempDir Path directory;
  private Path data;

  @BeforeEach
  void makeLog() throws Exception {
    data = directory.resolve("log");
    AuditLog.open(data, AuditLogTest.CONFIG).close();
  }

  private static void mode(Path path, String mode) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private static void giveAway(Path path) throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "giving a file away needs root");
    Files.setAttribute(path, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
  }

  private void assertRefused(String... words) {
    assertThatThrownBy(() -> AuditLog.open(data, AuditLogTest.CONFIG).close())
        .isInstanceOf(IOException.class)
        .message()
        .contains(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxr-xr-x", "rwxrwx---", "rwx-----x", "rwxrwxrwx"})
  void aDirectoryThatIsOpenToOthersIsRefusedWithTheCommandThatMendsIt(String mode)
      throws Exception {
    mode(data, mode);
    assertRefused("chmod 700 " + data);
    assertThat(mode(data)).as("nothing was changed").isEqualTo(mode);
    assertThat(LogReader.open(data).lastId()).as("reading goes on").isOne();
    mode(data, "rwx------");
    AuditLog.open(data, AuditLogTest.CONFIG).close();
  }

  /** As a container finds a volume that was just made for it. */
  @Test
  void anEmptyDirectoryOfOursIsClosedToOthers() throws Exception {
    data = Files.createDirectory(directory.resolve("volume"));
    mode(data, "rwxrwxr-x");
    AuditLog.open(data, AuditLogTest.CONFIG).close();
    assertThat(mode(data)).isEqualTo("rwx------");
  }

  @Test
  void aDirectoryOfAnotherUserIsReadAndNotWritten() throws Exception {
    giveAway(data);
    assertRefused(data + " belongs to nobody", "sudo -u nobody", "chown -R root " + data);
    LogReader log = LogReader.open(data);
    assertThat(new LogVerifier(log).verify(VerifyRequest.all(), null).faults()).isEmpty();
    assertThatThrownBy(() -> log.tree().keep(log.tree().newest().orElseThrow()))
        .as("whoever writes beside the log's writer")
        .hasMessageContaining(data + " belongs to nobody");
  }

  @ParameterizedTest
  @ValueSource(strings = {"segments", "access.json", "keys", "keys/checkpoint.key", "lock"})
  void whatAnotherUserPlantedInsideIsNotUsed(String name) throws Exception {
    Path planted = data.resolve(name);
    if (!Files.exists(planted)) {
      Files.writeString(planted, "{}");
      mode(planted, "rw-------");
    }
    giveAway(planted);
    assertRefused(planted + " belongs to nobody");
  }

  /** The folder behind it is ours, and not the one that was meant. */
  @Test
  void aLinkThatAnotherUserPlantedIsNotFollowed() throws Exception {
    Path ours = Files.createDirectory(directory.resolve("ours"));
    Path planted = Files.createSymbolicLink(data.resolve("archive"), ours);
    giveAway(planted);
    assertRefused(planted + " belongs to nobody");
    Files.delete(planted);
    Files.createSymbolicLink(planted, ours);
    AuditLog.open(data, AuditLogTest.CONFIG).close();
  }

  @Test
  void aSigningKeyOfAnotherUserIsNotUsed() throws Exception {
    Path key = Files.copy(data.resolve("keys/checkpoint.key"), directory.resolve("other.key"));
    giveAway(key);
    assertThatThrownBy(
            () -> AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().keyFile(key).build()).close())
        .isInstanceOf(LogException.NoKey.class)
        .hasMessageContaining(key + " belongs to nobody");
  }

  /** Others can't open the lock to put a lock of their own on it, and theirs is never ours. */
  @Test
  void anotherUsersSharedLockDoesNotStopTheLog() throws Exception {
    Path volume = Files.createDirectory(directory.resolve("volume"));
    mode(directory, "rwxr-xr-x");
    mode(volume, "rwxrwxrwx");
    Path lock = volume.resolve("lock");
    Path ready = directory.resolve("ready");
    String script =
        """
        import fcntl, sys, time
        f = open(sys.argv[1], 'a+')
        fcntl.lockf(f, fcntl.LOCK_SH)
        print('locked', flush=True)
        time.sleep(60)
        """;
    assumeTrue(System.getProperty("user.name").equals("root"), "being another user needs root");
    Process other =
        new ProcessBuilder(
                "setpriv",
                "--reuid=" + NOBODY,
                "--clear-groups",
                "/usr/bin/python3",
                "-c",
                script,
                lock.toString())
            .redirectErrorStream(true)
            .redirectOutput(ready.toFile())
            .start();
    try {
      for (int i = 0; i < 100 && other.isAlive() && !Files.readString(ready).contains("l"); i++) {
        Thread.sleep(50);
      }
      assumeTrue(Files.readString(ready).startsWith("locked"), "no python3 for other users");
      data = volume;
      assertRefused("chmod 700 " + volume);
      mode(volume, "rwx------");
      assertRefused(lock + " belongs to nobody", "delete it");
      Files.delete(lock);
      AuditLog.open(volume, AuditLogTest.CONFIG).close();
      assertThat(other.isAlive()).as("it holds its lock still").isTrue();
      assertThat(mode(lock)).isEqualTo("rw-------");
    } finally {
      other.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }
}
