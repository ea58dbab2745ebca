package io.tallystick.cli.options;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.ingest.config.IngestFile;
import io.tallystick.ingest.config.InvalidIngestFileException;
import io.tallystick.ingest.config.ReceiverSpec;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of {@code serve} that opens receivers. */
public final class IngestOptions {
  @Option(
      names = "--ingest",
      paramLabel = "FILE",
      description = "YAML file of receivers for events of other systems (default: none)")
  private @Nullable Path file;

  /** The receivers; loads what they need only if there are any. */
  public List<ReceiverSpec> receivers() {
    try {
      return file == null ? List.of() : IngestFile.read(file);
    } catch (InvalidIngestFileException e) {
      throw new Failure(Failure.USAGE, "--ingest: " + e.getMessage());
    }
  }
}
