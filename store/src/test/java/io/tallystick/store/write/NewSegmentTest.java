package io.tallystick.store.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogFiles;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hour changes on a device that has no number for another file. */
class NewSegmentTest {
  @TempDir Path directory;

  @Test
  void aSegmentThatCannotBeBegunIsBegunWhenThereIsRoomAgain() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "mounting needs root");
    Path device = Files.createDirectory(directory.resolve("device"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=300m,nr_inodes=100", "none", device.toString())
            == 0,
        "a tmpfs can't be mounted");
    try {
      Path data = device.resolve("log");
      AuditLogTest.SteppingClock clock =
          new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:59:00Z"));
      try (AuditLog log =
          AuditLog.open(
              data,
              AuditLogTest.CONFIG.toBuilder()
                  .clock(clock)
                  .sealEvery(Duration.ofHours(1))
                  .build())) {
        log.append(AuditLogTest.events(10), null).get();
        Path ballast = Files.createDirectory(device.resolve("ballast"));
        useUpFileNumbers(ballast);
        log.append(AuditLogTest.events(10), null).get();
        clock.now = clock.now.plusSeconds(120);
        for (int i = 0; i < 3; i++) {
          assertThatThrownBy(() -> log.append(AuditLogTest.events(10), null).get())
              .hasCauseInstanceOf(LogException.DiskFull.class);
        }
        assertThat(log.stopped()).isEmpty();
        assertThat(log.reader().read(15)).isPresent();
        LogFiles.delete(ballast);
        assertThat(log.append(AuditLogTest.events(10), null).get().firstId()).isEqualTo(22);
      }
      assertThat(LogFiles.segments(data)).hasSize(2);
      assertThat(new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null).faults())
          .isEmpty();
      try (var left = Files.list(data.resolve("segments"))) {
        assertThat(left.filter(file -> file.toString().endsWith(".tmp"))).isEmpty();
      }
    } finally {
      run("umount", "-l", device.toString());
    }
  }

  private static void useUpFileNumbers(Path directory) throws IOException {
    int count = 0;
    try {
      while (count < 1_000) {
        Files.createFile(directory.resolve(String.valueOf(count)));
        count++;
      }
    } catch (IOException e) {
      assertThat(count).isPositive();
      return;
    }
    throw new IOException("the device has a number for " + count + " files and more");
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
