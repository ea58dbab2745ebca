package io.tallystick.cli.command;

import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.store.Backup;
import io.tallystick.store.LogReader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally backup}: a copy of the log. */
@Command(
    name = "backup",
    description = {
      "Copy the log to a directory, also while a server writes to it. A second run copies what is new.",
      "\"tally verify --data DIR\" checks the copy. \"tally serve\" needs the signing key as well"
    })
public final class BackupCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "DIR", description = "Directory to copy to: empty, or an earlier backup")
  private Path target = Path.of("");

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "tally-data",
      description = "Data directory (default: ./${DEFAULT-VALUE})")
  private Path data = Path.of("tally-data");

  @Option(
      names = "--with-key",
      description = "Copy the signing key too; whoever has the copy can then sign as this log")
  private boolean withKey;

  public BackupCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Backup.Report report;
    try (ProgressBar _ = terminal.progressBar("copying")) {
      report = Backup.make(LogReader.open(data), target, withKey);
    }
    terminal
        .out()
        .printf(
            "%s sealed in the copy; %s copied (%,d KiB), %,d kept%n",
            Amount.of(report.sealed(), "entry is", "entries are"),
            Amount.of(report.filesCopied(), "file", "files"),
            report.bytesCopied() >> 10,
            report.filesKept());
    return 0;
  }
}
