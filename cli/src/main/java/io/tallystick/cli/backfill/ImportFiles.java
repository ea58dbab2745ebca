package io.tallystick.cli.backfill;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.ingest.backfill.ImportFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The files of an import. */
final class ImportFiles {
  private ImportFiles() {}

  /**
   * The files that are named, and those of the format below directories, in the order of their
   * names.
   *
   * @throws Failure if one can't be read, or there is none
   */
  static List<Path> of(List<Path> named, ImportFormat format) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path path : named) {
      String shown = Printable.of(path.toString());
      if (Files.notExists(path)) {
        throw new Failure(Failure.USAGE, "there is no file " + shown);
      }
      if (!Files.isReadable(path)) {
        throw new Failure(Failure.USAGE, "no permission to read " + shown);
      }
      if (Files.isDirectory(path)) {
        List<Path> below = below(path, format);
        if (below.isEmpty()) {
          throw new Failure(
              Failure.USAGE, "there is no file of the format " + format + " below " + shown);
        }
        files.addAll(below);
      } else if (Files.isRegularFile(path)) {
        files.add(path);
      } else {
        throw new Failure(
            Failure.USAGE, shown + " is no file; for a pipe, use \"tally append --map\"");
      }
    }
    return files;
  }

  private static List<Path> below(Path directory, ImportFormat format) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).filter(format::isNameOf).sorted().toList();
    }
  }
}
