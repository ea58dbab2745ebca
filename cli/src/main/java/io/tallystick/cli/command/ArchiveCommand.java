package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.service.retention.RetentionRun;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally archive}: removes old entries from the log. */
@Command(
    name = "archive",
    description = {
      "Remove entries older than a number of days, in whole closed segments, up to the first one"
          + " under a legal hold.",
      "The log records each removal. What is left, and every older checkpoint, still verifies"
    })
public final class ArchiveCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();

  @Option(
      names = "--retention-days",
      required = true,
      paramLabel = "N",
      description = "Days to keep entries")
  private String days = "";

  @Option(
      names = "--retention-mode",
      paramLabel = "archive|purge",
      defaultValue = "archive",
      description =
          "What to do with older entries: archive keeps them in archive/ of the data"
              + " directory, purge deletes them (default: ${DEFAULT-VALUE})")
  private String mode = "archive";

  @Option(names = "--dry-run", description = "Only show what would be removed")
  private boolean dryRun;

  public ArchiveCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    int keep = ServeCommand.retentionDays(days);
    Answered<RetentionRun> answer;
    try (Source source = common.where.source(terminal);
        ProgressBar _ = terminal.progressBar(dryRun ? "searching" : "archiving")) {
      answer = source.runRetention(keep, mode, dryRun);
    }
    switch (common.format) {
      case json -> terminal.printJson(answer.json());
      case csv -> terminal.printCsv(rows(answer.value()).csv());
      case table -> show(answer.value());
    }
    return 0;
  }

  private static Rows rows(RetentionRun run) {
    Rows rows = new Rows("FIRST ID", "LAST ID", "ENTRIES", "DAY", "BYTES", "ARCHIVE");
    for (RetentionRun.Removed batch : run.removed()) {
      rows.add(
          Long.toString(batch.firstId()),
          Long.toString(batch.lastId()),
          Long.toString(batch.count()),
          batch.day().toString(),
          Long.toString(batch.bytes()),
          Rows.text(batch.archive()));
    }
    return rows;
  }

  private void show(RetentionRun run) {
    if (run.removed().isEmpty()) {
      terminal.out().println("nothing to remove before " + run.before());
    } else {
      terminal.out().print(rows(run).table(terminal));
      terminal
          .out()
          .println(
              dryRun
                  ? "nothing was removed: this was a dry run"
                  : "the log begins at entry %,d".formatted(run.firstId()));
    }
    LegalHold hold = run.heldBy();
    if (hold != null) {
      terminal
          .out()
          .println(
              "hold %d keeps entries %d to %d, and all entries after them: %s"
                  .formatted(
                      hold.id(), hold.firstId(), hold.lastId(), Printable.of(hold.reason())));
    }
  }
}
