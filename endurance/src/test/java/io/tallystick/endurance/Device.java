package io.tallystick.endurance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A file system of its own, on an image or in memory, that a test may fill or cut the power of. */
final class Device implements AutoCloseable {
  private static final int MOST_COPIES = 100;
  private static final AtomicInteger TORN_COPIES = new AtomicInteger();

  private final Path mountPoint;
  private final Path image;

  private boolean closed;

  private Device(Path mountPoint, Path image) {
    this.mountPoint = mountPoint;
    this.image = image;
  }

  /** Skips the test where devices can't be mounted. */
  static void assumePossible() throws Exception {
    assumeTrue(
        System.getProperty("user.name").equals("root") && run("losetup", "-f") == 0,
        "skipped: mounting a device needs root and loop devices");
    assumeTrue(
        Files.isExecutable(Path.of("/sbin/mkfs.ext4"))
            || Files.isExecutable(Path.of("/usr/sbin/mkfs.ext4")),
        "skipped: mkfs.ext4 is missing");
  }

  /**
   * Where images are best kept: in memory if it has this much room, because no real disk is tested
   * here, and otherwise in the given directory.
   */
  static Path scratch(Path otherwise, long bytes) throws IOException {
    Path memory = Path.of("/dev/shm");
    boolean roomy =
        Files.isWritable(memory) && Files.getFileStore(memory).getUsableSpace() >= bytes;
    return roomy ? Files.createTempDirectory(memory, "tallystick") : otherwise;
  }

  /** A new ext4 of this size. */
  static Device ext4(Path directory, String name, long bytes) throws Exception {
    Path image = directory.resolve(name + ".img");
    try (var channel =
        java.nio.channels.FileChannel.open(
            image,
            java.nio.file.StandardOpenOption.CREATE_NEW,
            java.nio.file.StandardOpenOption.WRITE)) {
      channel.write(java.nio.ByteBuffer.allocate(1), bytes - 1);
    }
    must("mkfs.ext4", "-q", "-F", image.toString());
    return mount(directory, name, image);
  }

  /** A new tmpfs of this size. */
  static Device memory(Path directory, String name, long bytes) throws Exception {
    Path mountPoint = Files.createDirectory(directory.resolve(name));
    must("mount", "-t", "tmpfs", "-o", "size=" + bytes, "none", mountPoint.toString());
    return new Device(mountPoint, mountPoint);
  }

  private static Device mount(Path directory, String name, Path image) throws Exception {
    Path mountPoint = Files.createDirectory(directory.resolve(name));
    must("mount", "-o", "loop", image.toString(), mountPoint.toString());
    return new Device(mountPoint, image);
  }

  Path data() {
    return mountPoint.resolve("data");
  }

  Path mountPoint() {
    return mountPoint;
  }

  /**
   * What would be on the device if the power were cut now. The kernel may write to it while it is
   * copied, its journal too: then part of the copy is older than the rest, which no power cut
   * causes, and it is copied again.
   */
  Path cut(Path directory, String name) throws Exception {
    Path copy = directory.resolve(name + ".img");
    for (int i = 0; i < MOST_COPIES; i++) {
      Traffic before = traffic();
      must("cp", "--sparse=always", image.toString(), copy.toString());
      if (before.underWay() == 0 && before.equals(traffic())) {
        return copy;
      }
      TORN_COPIES.incrementAndGet();
    }
    throw new IOException(image + " was written all the time");
  }

  /** How many copies were made again. */
  static int tornCopies() {
    return TORN_COPIES.get();
  }

  /** Writes, discards and flushes that the device had done, and what it was doing. */
  private record Traffic(long done, long underWay) {}

  /** From the kernel's counters (Documentation/block/stat.rst). */
  private Traffic traffic() throws IOException {
    String loop = "";
    for (String line : Files.readAllLines(Path.of("/proc/mounts"))) {
      String[] words = line.split(" ", -1);
      if (words[1].equals(mountPoint.toString())) {
        loop = words[0].substring("/dev/".length());
      }
    }
    String[] fields =
        Files.readString(Path.of("/sys/block", loop, "stat")).strip().split("\\s+", -1);
    long done = 0;
    for (int field : new int[] {4, 11, 15}) {
      done += field < fields.length ? Long.parseLong(fields[field]) : 0;
    }
    return new Traffic(done, Long.parseLong(fields[8]));
  }

  /** The device after power is back, from what a cut left. */
  static Device after(Path directory, String name, Path left) throws Exception {
    Path image = directory.resolve(name + ".img");
    if (!left.equals(image)) {
      Files.move(left, image, StandardCopyOption.REPLACE_EXISTING);
    }
    return mount(directory, name, image);
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(List.of(command))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private static void must(String... command) throws Exception {
    int code = run(command);
    if (code != 0) {
      throw new IOException(String.join(" ", command) + " ended with " + code);
    }
  }

  /** Unmounts it and deletes what was on it; once. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    int tries = 0;
    try {
      while (run("umount", mountPoint.toString()) != 0 && tries++ < 50) {
        Thread.sleep(100);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Files.delete(mountPoint);
    if (!image.equals(mountPoint)) {
      Files.delete(image);
    }
  }
}
