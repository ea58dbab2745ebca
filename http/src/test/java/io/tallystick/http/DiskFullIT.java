package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.LogReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fills the device that a log is written to, by the log itself and by a stranger's file: appends
 * are refused and nothing worse, reading goes on, and with room they go on by themselves.
 */
class DiskFullIT {
  private static final int ROUNDS = Boolean.getBoolean("tallystick.long") ? 40 : 4;

  @TempDir Path directory;

  @Test
  void aFullDiskRefusesAppendsAndNothingElse() throws Exception {
    Device.assumePossible();
    Random random = new Random();
    long told = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long bytes = (160L << 20) + random.nextInt(1 << 20);
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

  private static long fill(Device device, Random random) throws Exception {
    Path ballast = device.mountPoint().resolve("ballast");
    write(ballast, (40L << 20) + random.nextInt(16 << 20));
    Subject subject = Subject.start(device.data());
    SortedMap<Long, String> entries;
    try {
      assertThat(subject.awaitWord("full", 20)).as("the process lives on, and refuses").isTrue();
      LogReader reader = LogReader.open(device.data());
      assertThat(reader.read(reader.lastId() / 2)).isPresent();
      Files.delete(ballast);
      assertThat(subject.awaitWord("room", 1)).as("it goes on by itself").isTrue();
      assertThat(subject.awaitWord("full", 40)).isTrue();
      subject.stop();
      assertThat(subject.said("stopped")).isZero();
      entries = subject.entries();
    } finally {
      subject.kill();
    }
    // The next start needs room as well.
    assertThat(LogReader.open(device.data()).lastId()).isGreaterThanOrEqualTo(entries.lastKey());
    Survivors.check(device.data(), entries, subject.keys());
    return entries.lastKey();
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
