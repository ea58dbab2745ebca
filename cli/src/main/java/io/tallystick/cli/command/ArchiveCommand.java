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

/** {@code tally archive}: takes old entries out of the log. */
@Command(
    name = "archive",
    description = {
      "Take entries out that are older than so many days, in whole closed segments, as far as no legal"
          + " hold covers them.",
      "Each removal is an entry of the log; what is left, and every older checkpoint, keeps"
          + " verifying."
    })
public final class ArchiveCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();

  @Option(
      names = "--retention-days",
      required = true,
      paramLabel = "N",
      description = "How many days entries are kept.")
  private String days = "";

  @Option(
      names = "--retention-mode",
      paramLabel = "archive|purge",
      defaultValue = "archive",
      description =
          "Keep them in archive/ of the data directory, or not at all (default: ${DEFAULT-VALUE}).")
  private String mode = "archive";

  @Option(names = "--dry-run", description = "Only say what would be taken out.")
  private boolean dryRun;

  public ArchiveCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    int keep = ServeCommand.retentionDays(days);
    byte[] answer;
    try (Source source = common.where.source(terminal);
        ProgressBar _ = terminal.progressBar(dryRun ? "looking" : "archiving")) {
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
          .println("nothing to take out before " + Printable.of(run.path("before").asText()));
    } else {
      terminal.out().print(rows.table(terminal));
      terminal
          .out()
          .println(
              dryRun
                  ? "nothing was taken out: this was a dry run"
                  : "the log begins at entry %,d".formatted(run.path("first_id").asLong()));
    }
    JsonNode hold = run.path("held_by");
    if (hold.isObject()) {
      terminal
          .out()
          .println(
              "hold %s keeps entries %s to %s and all after them: %s"
                  .formatted(
                      hold.path("id").asLong(),
                      hold.path("first_id").asLong(),
                      hold.path("last_id").asLong(),
                      Printable.of(hold.path("reason").asText())));
    }
    return 0;
  }
}
