package io.tallystick.cli.command;

import io.tallystick.cli.options.LogKeys;
import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.archive.Restore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally restore}: archives as a data directory to read. */
@Command(
    name = "restore",
    description = {
      "Check archives that follow each other and put their entries into an empty data directory.",
      "Every command that reads works on it. It accepts no events and has no checkpoint;"
          + " \"tally verify --archive\" checks an archive against its checkpoint"
    })
public final class RestoreCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Archives that retention made")
  private List<Path> archives = List.of();

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Directory to restore to, empty or missing")
  private Path data = Path.of("");

  @Mixin private final LogKeys trusted = new LogKeys();

  public RestoreCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    List<VerifierKey> keys = trusted.keys();
    try {
      long entries = restore(keys);
      terminal
          .out()
          .println(
              Amount.of(entries, "entry", "entries")
                  + " restored to "
                  + Printable.of(data.toString()));
      return 0;
    } catch (InvalidNoteException e) {
      throw new Failure(
          Failure.NOT_VALID,
          "the archives do not verify: " + Printable.of(String.valueOf(e.getMessage())));
    }
  }

  private long restore(List<VerifierKey> keys) throws IOException, InvalidNoteException {
    try (ProgressBar _ = terminal.progressBar("restoring")) {
      return Restore.restore(archives, keys, data);
    }
  }
}
