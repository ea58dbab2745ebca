package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cuts the power of a log that is written: its data directory is on an ext4 of its own, and what
 * that device holds at a random moment is all that is left; what was not forced is gone. The next
 * start goes on with it, up to ten cuts in a row on the same log.
 */
class PowerCutIT {
  private static final int CUTS = Boolean.getBoolean("tallystick.long") ? 2_000 : 50;
  private static final int IN_A_ROW = 10;
  private static final long DEVICE_BYTES = 1L << 30;

  @TempDir Path directory;

  @Test
  void nothingAcknowledgedIsLostWhenThePowerIsCut() throws Exception {
    Device.assumePossible();
    Random random = new Random();
    long told = 0;
    long segments = 0;
    for (int cut = 0; cut < CUTS; cut += IN_A_ROW) {
      Device device = Device.ext4(directory, "device-" + cut, DEVICE_BYTES);
      SortedMap<Long, String> entries = new TreeMap<>();
      Set<String> keys = new TreeSet<>();
      for (int i = 1; i <= IN_A_ROW; i++) {
        Subject subject = Subject.start(device.data());
        Path left;
        try {
          // The first start is cut too, at any moment of it.
          if (i > 1 || random.nextBoolean()) {
            subject.awaitMessages(1);
            assertThat(subject.isAlive()).as("the log came up after a cut").isTrue();
          }
          Thread.sleep(random.nextInt(i == 1 ? 1_500 : 600));
          subject.signal("STOP");
          Thread.sleep(5);
          entries.putAll(subject.entries());
          keys.addAll(subject.keys());
          left = device.cut(directory, "left");
        } finally {
          subject.kill();
          device.close();
        }
        device = Device.after(directory, "device-" + cut + "-" + i, left);
        long last = Survivors.check(device.data(), entries, keys);
        assertThat(last).isGreaterThanOrEqualTo(entries.isEmpty() ? 0 : entries.lastKey());
      }
      told += entries.lastKey();
      try (var files = Files.list(device.data().resolve("segments"))) {
        segments += files.filter(file -> file.toString().endsWith(".cq4")).count();
      }
      device.close();
    }
    System.out.printf(
        "%d power cuts, %,d entries acknowledged in %d segments, 0 lost%n", CUTS, told, segments);
  }
}
