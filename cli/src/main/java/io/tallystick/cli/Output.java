package io.tallystick.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Where a command leaves what it made: a file that appears when it is whole, or standard output.
 */
final class Output {
  private Output() {}

  static void write(Terminal terminal, @Nullable Path file, byte[] content) throws IOException {
    if (file == null) {
      terminal.data().write(content, 0, content.length);
      terminal.data().flush();
      return;
    }
    Path unfinished = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.write(unfinished, content);
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }
}
