package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands believe of an archive that somebody hands them. */
class ArchiveTrustTest {
  @TempDir Path directory;

  /** An archive of another log than the reader's, with this event many times. */
  private Path archive(Event event, int count) throws Exception {
    Path data = directory.resolve("forgers");
    for (int day = 1; day <= 2; day++) {
      Clock clock = Clock.fixed(Instant.parse("2025-03-0" + day + "T10:10:00Z"), ZoneOffset.UTC);
      try (AuditLog log = AuditLog.open(data, LogConfig.builder().clock(clock).build())) {
        for (int i = 0; i < (day == 1 ? count : 1); i += 10) {
          log.append(Collections.nCopies(10, event), null).get();
        }
        Retention retention = new Retention(log);
        for (Retention.Batch batch :
            retention.plan(Instant.parse("2025-03-02T00:00:00Z"), Long.MAX_VALUE)) {
          retention.remove(batch, Retention.Mode.ARCHIVE, null);
        }
      }
    }
    try (var files = Files.list(data.resolve("archive"))) {
      return files.filter(file -> file.toString().endsWith(".zip")).findFirst().orElseThrow();
    }
  }

  private String key(String log) throws Exception {
    Path data = directory.resolve(log);
    if (!Files.exists(data)) {
      AuditLog.open(data, LogConfig.defaults()).close();
    }
    return InProcess.run(Map.of("TALLY_DATA", data.toString()), "", "key").out().strip();
  }

  private static InProcess.Result tally(String... arguments) {
    return InProcess.run(Map.of(), "", arguments);
  }

  @Test
  void aForeignArchiveIsReadOnlyUnderTheKeyThatIsTrusted() throws Exception {
    String archive = archive(Event.of("auth.logout"), 10).toString();
    for (String command : new String[] {"list", "stats", "types", "tail", "export"}) {
      InProcess.Result foreign = tally(command, "--archive", archive, "--key", key("own"));
      assertThat(foreign.code()).as(foreign.toString()).isEqualTo(Failure.NOT_VALID);
      assertThat(foreign.err()).contains("does not verify: no known key has signed");
      assertThat(foreign.out()).isEmpty();
    }
    InProcess.Result trusted = tally("list", "--archive", archive, "--key", key("forgers"));
    assertThat(trusted.code()).as(trusted.toString()).isZero();
    assertThat(trusted.err()).isEmpty();
  }

  @Test
  void anArchiveThatVouchesForItselfIsReadAndSaidToDoSo() throws Exception {
    String archive = archive(Event.of("auth.logout"), 10).toString();
    InProcess.Result own = tally("list", "--archive", archive);
    assertThat(own.code()).as(own.toString()).isZero();
    assertThat(own.err())
        .hasLineCount(1)
        .contains("only against the key that is in it", key("forgers").substring(0, 20), "--key");
  }

  /** It takes 70 MiB unpacked, and is a small part of that. */
  @Test
  void anArchiveThatWouldFillTheDeviceIsRefusedBeforeItIsUnpacked() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "mounting needs root");
    String blank = "{\"a\":\"" + "a".repeat(30_000) + "\"}";
    Path archive = archive(Event.builder("a.b").details(Details.parse(blank)).build(), 2_400);
    assertThat(Files.size(archive)).isLessThan(2 << 20);
    Path device = Files.createDirectory(directory.resolve("device"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "none", device.toString()) == 0,
        "a tmpfs can't be mounted");
    try {
      Path data = device.resolve("log");
      InProcess.Result refused =
          tally("restore", archive.toString(), "--data", data.toString(), "--key", key("forgers"));
      assertThat(refused.code()).as(refused.toString()).isEqualTo(Failure.UNREACHABLE);
      assertThat(refused.err()).contains("MiB unpacked", "are free", device.toString());
      assertThat(data).doesNotExist();
    } finally {
      run("umount", "-l", device.toString());
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
