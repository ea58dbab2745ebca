package io.tallystick.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.cli.options.Common;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
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
    byte[] answer;
    try (Source source = common.where.source(terminal);
        ProgressBar _ = terminal.progressBar(dryRun ? "searching" : "archiving")) {
      answer = source.runRetention(keep, mode, dryRun);
    }
    if (common.format == Format.json) {
      terminal.printJson(answer);
      return 0;
    }
    JsonNode run = Common.tree(answer);
    Rows rows = new Rows("FIRST ID", "LAST ID", "ENTRIES", "DAY", "BYTES", "ARCHIVE");
    for (JsonNode batch : run.path("removed")) {
      rows.add(
          EntriesView.text(batch, "first_id"),
          EntriesView.text(batch, "last_id"),
          EntriesView.text(batch, "count"),
          EntriesView.text(batch, "day"),
          EntriesView.text(batch, "bytes"),
          EntriesView.text(batch, "archive"));
    }
    if (common.format == Format.csv) {
      terminal.printCsv(rows.csv());
      return 0;
    }
    if (run.path("removed").isEmpty()) {
      terminal
          .out()
          .println("nothing to remove before " + Printable.of(run.path("before").asText()));
    } else {
      terminal.out().print(rows.table(terminal));
      terminal
          .out()
          .println(
              dryRun
                  ? "nothing was removed: this was a dry run"
                  : "the log begins at entry %,d".formatted(run.path("first_id").asLong()));
    }
    JsonNode hold = run.path("held_by");
    if (hold.isObject()) {
      terminal
          .out()
          .println(
              "hold %s keeps entries %s to %s, and all entries after them: %s"
                  .formatted(
                      hold.path("id").asLong(),
                      hold.path("first_id").asLong(),
                      hold.path("last_id").asLong(),
                      Printable.of(hold.path("reason").asText())));
    }
    return 0;
  }
}
