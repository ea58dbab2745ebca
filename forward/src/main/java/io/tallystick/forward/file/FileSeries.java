package io.tallystick.forward.file;

import io.tallystick.store.files.AtomicFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The file that is written, and those that were before it: {@code audit.ndjson.000001}, {@code
 * .000002} and so on, the oldest first. Immutable.
 *
 * @param current the file that is written
 */
record FileSeries(Path current) {
  /** The files before the current one by their numbers. */
  SortedMap<Long, Path> rotated() throws IOException {
    SortedMap<Long, Path> found = new TreeMap<>();
    String name = current.getFileName() + ".";
    Path directory = current.toAbsolutePath().resolveSibling("");
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            directory, file -> String.valueOf(file.getFileName()).startsWith(name))) {
      for (Path file : files) {
        String end = String.valueOf(file.getFileName()).substring(name.length());
        if (end.matches("[0-9]{6,18}")) {
          found.put(Long.parseLong(end), file);
        }
      }
    }
    return found;
  }

  /** All files in the order in which they were written. */
  List<Path> all() throws IOException {
    SortedMap<Long, Path> files = rotated();
    if (Files.exists(current)) {
      files.put(Long.MAX_VALUE, current);
    }
    return List.copyOf(files.values());
  }

  /** Gives the current file the next number. */
  void rotate() throws IOException {
    SortedMap<Long, Path> before = rotated();
    long next = before.isEmpty() ? 1 : before.lastKey() + 1;
    Files.move(
        current,
        current.resolveSibling(current.getFileName() + String.format(Locale.ROOT, ".%06d", next)));
    AtomicFile.forceDirectory(current.toAbsolutePath().resolveSibling(""));
  }
}
