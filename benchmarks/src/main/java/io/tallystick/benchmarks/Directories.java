package io.tallystick.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Directories for one run each. */
final class Directories {
  private Directories() {}

  static Path create(String name) throws IOException {
    return Files.createTempDirectory("tallystick-" + name);
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
