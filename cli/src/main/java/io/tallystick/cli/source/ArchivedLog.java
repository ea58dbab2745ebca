package io.tallystick.cli.source;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.store.archive.Restore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads an archive as if it were a log: restores it to a temporary directory, which is deleted
 * afterwards. Restoring checks the archive against the key that it names itself.
 */
public final class ArchivedLog {
  private ArchivedLog() {}

  public static Source source(Path archive) throws IOException {
    Path folder = temporary();
    try {
      Restore.restore(List.of(archive), List.of(), folder);
      return new DirectorySource(folder, null, () -> delete(folder));
    } catch (IOException | RuntimeException e) {
      delete(folder);
      throw e;
    } catch (InvalidNoteException e) {
      delete(folder);
      throw new Failure(Failure.NOT_VALID, archive + " does not verify: " + e.getMessage());
    }
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("tally-archive");
    } catch (IOException e) {
      throw new Failure(
          Failure.UNREACHABLE,
          "cannot write to "
              + System.getProperty("java.io.tmpdir")
              + ", where the archive has to be unpacked; restore it with \"tally restore\" and read"
              + " that directory");
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
