package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.LogReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cuts the power of a log that is written: its data directory is on an ext4 of its own, and what
 * that device holds at a random moment is all that is left; what was not forced is gone. The next
 * start goes on with it, four times in a row on the same log: first start, changes of segment,
 * retention runs and erasures of personal values included. Every start is cut at three moments,
 * each of which is judged; what the last one left is gone on with. Every fifth log is one of large
 * batches instead, and two starts long, whose segment goes on beyond Chronicle's first chunk of 64
 * MiB.
 */
class PowerCutIT {
  private static final int CUTS = Boolean.getBoolean("tallystick.long") ? 2_000 : 25;
  private static final int CUTS_A_START = 3;
  private static final int STARTS = 4;
  private static final int STARTS_OF_LARGE_ONES = 2;
  private static final long DEVICE_BYTES = 1L << 30;
  private static final long CHUNK_BYTES = 64L << 20;
  private static final long LARGE_ONES_IN_A_CHUNK = CHUNK_BYTES / 16_350;

  @TempDir Path directory;
  private final Random random = new Random();
  private long told;
  private long segments;
  private long removals;
  private long erasures;
  private long chunks;

  @Test
  void nothingAcknowledgedIsLostWhenThePowerIsCut() throws Exception {
    Device.assumePossible();
    Path images = Device.scratch(directory, 4 * DEVICE_BYTES);
    int cuts = 0;
    try {
      for (int log = 0; cuts < CUTS; log++) {
        boolean large = log % 5 == 4;
        int starts = large ? STARTS_OF_LARGE_ONES : STARTS;
        cut(images, "device-" + log, starts, large ? Subject.Mode.BULK : Subject.Mode.REMOVING);
        cuts += starts * CUTS_A_START;
        System.out.printf("%d cuts, %,d entries acknowledged, 0 lost%n", cuts, told);
      }
    } finally {
      SmallLog.delete(images);
    }
    System.out.printf(
        "%d power cuts, %,d entries acknowledged in %d segments, %d beyond their first chunk;"
            + " retention removed entries %d times; %d erasures of values were confirmed; %d copies were made"
            + " again; 0 lost%n",
        cuts, told, segments, chunks, removals, erasures, Device.tornCopies());
    assertThat(removals).isPositive();
    assertThat(erasures).isPositive();
  }

  /** What was on the device at one moment, and what the client had been told by then. */
  private record Left(Path image, Subject.Told told) {}

  /** Cuts the power of so many starts of the same log. */
  private void cut(Path images, String name, int starts, Subject.Mode mode) throws Exception {
    Device device = Device.ext4(images, name, DEVICE_BYTES);
    try {
      Subject.Told all = Subject.Told.nothing();
      for (int i = 1; i <= starts; i++) {
        List<Left> left = cutOneStart(device, images, i == 1, mode, all);
        all = left.getLast().told();
        for (Left one : left) {
          device.close();
          device = Device.after(images, name + "-" + i, one.image());
          Survivors.check(device.data(), one.told());
        }
      }
      told += all.lastId();
      erasures += all.erased().size();
      count(device.data());
    } finally {
      device.close();
    }
  }

  /** What each cut of a start leaves; {@code before} is what the client was told by then. */
  private List<Left> cutOneStart(
      Device device, Path images, boolean first, Subject.Mode mode, Subject.Told before)
      throws Exception {
    List<Left> left = new ArrayList<>();
    Subject.Told all = before;
    Subject subject = Subject.start(device.data(), mode);
    try {
      // The first start is cut too, at any moment of it.
      if (!first || random.nextBoolean()) {
        subject.awaitMessages(1);
        assertThat(subject.isAlive()).as("the log came up after a cut").isTrue();
      }
      if (mode == Subject.Mode.BULK) {
        subject.awaitEntry(LARGE_ONES_IN_A_CHUNK - random.nextInt(200));
      } else if (!first) {
        awaitRetention(subject);
      }
      for (int cut = 1; cut <= CUTS_A_START; cut++) {
        Thread.sleep(random.nextInt(first ? 800 : 300));
        subject.signal("STOP");
        Thread.sleep(5);
        all = all.and(subject.told());
        left.add(new Left(device.cut(images, "left-" + cut), all));
        subject.signal("CONT");
      }
      return left;
    } finally {
      subject.kill();
    }
  }

  /** Adds up what the log on the device went through. */
  private void count(Path data) throws IOException {
    LogReader reader = LogReader.open(data);
    removals += reader.horizon().removed().size();
    try (var files = Files.list(data.resolve("segments"))) {
      for (Path file : files.filter(file -> file.toString().endsWith(".cq4")).toList()) {
        segments++;
        chunks += reader.lastId() > 0 && usedBytes(file) > CHUNK_BYTES ? 1 : 0;
      }
    }
  }

  /** Waits until it is in the middle of removing entries, until it has done so, or not at all. */
  private void awaitRetention(Subject subject) throws Exception {
    switch (random.nextInt(4)) {
      case 0 -> subject.awaitWord("removing", 1, 5);
      case 2 -> subject.awaitWord("erasing", 1, 5);
      case 1 -> subject.awaitRemoval(5);
      default -> {}
    }
  }

  /** Bytes of the file that are not a hole at its end. */
  private static long usedBytes(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer word = ByteBuffer.allocate(1 << 16);
      for (long at = channel.size() - word.capacity(); at > 0; at -= word.capacity()) {
        word.clear();
        channel.read(word, at);
        for (int i = 0; i < word.position(); i++) {
          if (word.get(i) != 0) {
            return at;
          }
        }
      }
      return 0;
    }
  }
}
