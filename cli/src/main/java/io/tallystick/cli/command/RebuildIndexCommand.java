package io.tallystick.cli.command;

import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.index.AuditIndex;
import io.tallystick.store.LogReader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tally rebuild-index}: the index anew from the log. */
@Command(
    name = "rebuild-index",
    description =
        "Delete the index and build it again from the log, while no server has the log" + " open")
public final class RebuildIndexCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "tally-data",
      description = "Data directory (default: ./${DEFAULT-VALUE})")
  private Path data = Path.of("tally-data");

  public RebuildIndexCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    LogReader log = LogReader.open(data);
    log.directory().checkOurs();
    try (ProgressBar bar = terminal.progressBar("indexing")) {
      AuditIndex.rebuild(log, log.directory().index(), bar::at);
    }
    terminal
        .out()
        .println(Amount.of(log.lastId() - log.firstId() + 1, "entry", "entries") + " indexed");
    return 0;
  }
}
