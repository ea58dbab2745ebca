package io.tallystick.forward.file;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.reconcile.Lines;
import io.tallystick.forward.sink.SinkException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** What is in the files of a sink. Half a line at the end is being written, and is left out. */
final class FileInventory implements Inventory {
  private final FileSeries files;
  private final Format format;

  FileInventory(FileSeries files, Format format) {
    this.files = files;
    this.format = format;
  }

  @Override
  public void forEach(Consumer<Held> consumer) throws IOException {
    try {
      for (Path file : files.all()) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 64 << 10)) {
          Lines.forEach(in, false, line -> format.read(line).ifPresent(consumer));
        }
      }
    } catch (IOException e) {
      throw new SinkException(files.current() + " can't be read: " + e, e);
    }
  }

  @Override
  public void close() {}
}
