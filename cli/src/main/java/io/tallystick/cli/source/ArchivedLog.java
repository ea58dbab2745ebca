package io.tallystick.cli.source;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.archive.ArchiveReader;
import io.tallystick.store.archive.Restore;
import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads an archive as if it were a log: restores it to a temporary directory, which is deleted
 * afterwards. Restoring checks the archive against the keys that the user trusts. Without one, it
 * is checked against those that it brings itself: that shows that it is whole, and not who made it.
 */
public final class ArchivedLog {
  private ArchivedLog() {}

  /**
   * The entries of the archive.
   *
   * @param trusted one of these keys must have signed it; empty to believe it, and say so
   */
  public static Source source(Path archive, List<VerifierKey> trusted, Terminal terminal)
      throws IOException {
    Path folder = temporary();
    try {
      Restore.restore(List.of(archive), trusted, folder);
      if (trusted.isEmpty()) {
        terminal.err().println("tally: " + Printable.of(believed(archive)));
      }
      return new DirectorySource(folder, null, () -> delete(folder));
    } catch (IOException | RuntimeException e) {
      delete(folder);
      throw e;
    } catch (InvalidNoteException e) {
      delete(folder);
      throw new Failure(Failure.NOT_VALID, archive + " does not verify: " + e.getMessage());
    }
  }

  private static String believed(Path file) throws IOException {
    try (ArchiveReader archive = ArchiveReader.open(file)) {
      return file
          + " was checked only against the key that is in it, "
          + archive.keys().getFirst().label()
          + ": it is whole, but anybody could have made it. Name the key that you trust with --key";
    }
  }

  private static Path temporary() {
    try {
      return OwnerOnly.createTemporaryDirectory("tally-archive");
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
