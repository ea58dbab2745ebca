package io.tallystick.http;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** The directory of an index that a server has open, in the hands of somebody who may delete it. */
final class IndexDirectory {
  private final Path path;

  IndexDirectory(TestServer server) {
    this.path = server.log.reader().directory().index();
  }

  /** Deletes it, also while the server begins it again. */
  void delete() throws IOException {
    while (Files.exists(path)) {
      List<Path> paths;
      try (var tree = Files.walk(path)) {
        paths = tree.sorted(Comparator.reverseOrder()).toList();
      }
      try {
        for (Path each : paths) {
          Files.deleteIfExists(each);
        }
      } catch (DirectoryNotEmptyException e) {
        Thread.onSpinWait();
      }
    }
  }

  /** Deletes it, and puts a file in its place, which keeps even root from writing there. */
  void block() throws IOException {
    while (!Files.isRegularFile(path)) {
      delete();
      try {
        Files.createFile(path);
      } catch (IOException e) {
        Thread.onSpinWait();
      }
    }
  }

  /** Takes the file away again. */
  void unblock() throws IOException {
    Files.delete(path);
  }
}
