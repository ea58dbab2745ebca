package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Event;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fills the device that a log is written to, by the log itself and by another program's file:
 * appends are refused and nothing worse happens, reads go on, and appends resume by themselves when
 * there is room.
 */
class DiskFullIT {
  private static final String EVENT = "{\"event_type\":\"auth.logout\"}";
  private static final int ROUNDS = Boolean.getBoolean("tallystick.long") ? 40 : 4;

  @TempDir Path directory;

  @Test
  void aFullDiskRefusesAppendsAndNothingElse() throws Exception {
    Device.assumePossible();
    Random random = new Random();
    long told = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long bytes = (128L << 20) + random.nextInt(1 << 20);
      try (Device device =
          round % 2 == 0
              ? Device.memory(directory, "device-" + round, bytes)
              : Device.ext4(directory, "device-" + round, bytes)) {
        told += fill(device, random);
      }
    }
    System.out.printf(
        "%d full devices, %,d entries acknowledged, 0 lost; each refused, then went on%n",
        ROUNDS, told);
  }

  /** Over HTTP: the warning, the refusal, and that both go away with the ballast. */
  @Test
  void aFullDiskIsSaidBeforeItIsFullAndAppendsResume() throws Exception {
    Device.assumePossible();
    long floor = 100L << 20;
    LogConfig config = LogConfig.builder().minFreeBytes(floor).build();
    try (Device device = Device.memory(directory, "served", 300L << 20);
        TestServer server =
            TestServer.start(
                device.data(),
                config,
                TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults()))) {
      String key = server.key(Permission.AUDIT_APPEND);
      assertThat(server.append(key, EVENT).statusCode()).isEqualTo(201);
      assertThat(server.get("/readyz", "").body()).doesNotContain("warning");
      Path ballast = device.mountPoint().resolve("ballast");
      write(ballast, server.log.freeBytes() - floor + (8L << 20));
      assertThat(server.append(key, EVENT).statusCode()).isEqualTo(201);
      assertThat(server.get("/readyz", "").body()).contains("warning");
      Path more = device.mountPoint().resolve("more");
      write(more, server.log.freeBytes() - LogConfig.RESERVE_BYTES + (1L << 20));
      HttpResponse<String> refused = server.append(key, EVENT);
      assertThat(refused.statusCode()).isEqualTo(507);
      assertThat(refused.body()).contains("No room on the device");
      assertThat(
              server
                  .get("/api/audit/entries/1", server.unlogged(Permission.ADMIN_AUDIT))
                  .statusCode())
          .isEqualTo(200);
      Files.delete(more);
      assertThat(server.append(key, EVENT).statusCode()).isEqualTo(201);
      Files.delete(ballast);
      assertThat(server.append(key, EVENT).statusCode()).isEqualTo(201);
      assertThat(server.get("/readyz", "").body()).doesNotContain("warning");
    }
  }

  /** Other programs leave no room at all, not even the reserve that sealing needs. */
  @Test
  void aDeviceWithoutAnyRoomIsWaitedFor() throws Exception {
    Device.assumePossible();
    LogConfig config = LogConfig.builder().sealEvery(Duration.ofHours(1)).build();
    try (Device device = Device.memory(directory, "crowded", 300L << 20);
        AuditLog log = AuditLog.open(device.data(), config)) {
      Path ballast = device.mountPoint().resolve("ballast");
      Event event = Event.builder("auth.logout").build();
      long last = log.append(event).get().lastId();
      assertThatThrownBy(() -> write(ballast, 400L << 20)).hasMessageContaining("No space");
      assertThat(log.seal())
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableThat()
          .withCauseInstanceOf(LogException.DiskFull.class);
      assertThat(log.stopped()).isEmpty();
      Files.delete(ballast);
      assertThat(log.seal().get(10, TimeUnit.SECONDS).size()).isEqualTo(last);
      assertThat(log.append(event).get().lastId()).isEqualTo(last + 1);
    }
  }

  private static long fill(Device device, Random random) throws Exception {
    Path ballast = device.mountPoint().resolve("ballast");
    write(ballast, (30L << 20) + random.nextInt(16 << 20));
    Subject subject = Subject.start(device.data(), Subject.Mode.KEEPING);
    Subject.Told told;
    try {
      assertThat(subject.awaitWord("full", 20)).as("the process lives on, and refuses").isTrue();
      LogReader reader = LogReader.open(device.data());
      assertThat(reader.read(reader.lastId() / 2)).isPresent();
      Files.delete(ballast);
      assertThat(subject.awaitWord("room", 1)).as("it goes on by itself").isTrue();
      assertThat(subject.awaitWord("full", 40)).isTrue();
      subject.stop();
      assertThat(subject.said("stopped")).isZero();
      told = subject.told();
    } finally {
      subject.kill();
    }
    // The next start needs room as well.
    assertThat(LogReader.open(device.data()).lastId()).isGreaterThanOrEqualTo(told.lastId());
    Survivors.check(device.data(), told);
    return told.lastId();
  }

  private static void write(Path file, long bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
      for (long at = 0; at < bytes; at += zeros.capacity()) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - at));
        channel.write(zeros);
      }
    }
  }
}
