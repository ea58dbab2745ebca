package io.tallystick.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Directories that serve one run each. */
final class Directories {
  private Directories() {}

  static Path create(String name) throws IOException {
    return Files.createTempDirectory("tallystick-" + name);
  }

  /**
   * Deletes the segments now and the many small files when the process ends: ext4 creates files ten
   * times more slowly for minutes after many were deleted, because it looks for an inode that was
   * not used recently, and the next run would pay for that.
   */
  static void deleteSegments(Path directory) throws IOException {
    try (var tree = Files.walk(directory)) {
      for (Path file : tree.filter(file -> file.toString().endsWith(".cq4")).toList()) {
        Files.delete(file);
      }
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              try {
                delete(directory);
              } catch (IOException e) {
                System.err.println(directory + " could not be deleted: " + e);
              }
            }));
  }

  static void delete(Path directory) throws IOException {
    List<Path> files;
    try (var tree = Files.walk(directory)) {
      files = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
