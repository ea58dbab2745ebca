package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.retention.LegalHold;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally hold}: legal holds, which stop retention. */
@Command(name = "hold", description = "Place, list and release legal holds, which stop retention")
public final class HoldCommand {
  private final Terminal terminal;

  public HoldCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "add", description = "Keep a range of entries until the hold is released")
  int add(
      @Mixin Common common,
      @Option(
              names = "--start-id",
              required = true,
              paramLabel = "ID",
              description = "First entry to keep")
          long firstId,
      @Option(
              names = "--end-id",
              required = true,
              paramLabel = "ID",
              description = "Last entry to keep")
          long lastId,
      @Option(
              names = "--reason",
              required = true,
              paramLabel = "TEXT",
              description = "Reason to keep them, which the log records")
          String reason)
      throws Exception {
    Answered<LegalHold> answer =
        common.ask(terminal, source -> source.placeHold(firstId, lastId, reason));
    switch (common.format) {
      case table -> terminal.out().println("hold " + answer.value().id() + " is in force");
      case json -> terminal.printJson(answer.json());
      case csv -> rows(List.of(answer.value())).show(terminal, common.format);
    }
    return 0;
  }

  @Command(name = "list", description = "List the holds in force")
  int list(@Mixin Common common) throws Exception {
    Answered<LegalHold.HoldList> answer = common.ask(terminal, Source::listHolds);
    if (common.format == Format.json) {
      terminal.printJson(answer.json());
    } else {
      rows(answer.value().holds()).show(terminal, common.format);
    }
    return 0;
  }

  private static Rows rows(List<LegalHold> holds) {
    Rows rows =
        new Rows("ID", "FIRST ID", "LAST ID", "PLACED", "BY", "REASON")
            .keepWhole("ID", "FIRST ID", "LAST ID", "PLACED");
    for (LegalHold hold : holds) {
      rows.add(
          Long.toString(hold.id()),
          Long.toString(hold.firstId()),
          Long.toString(hold.lastId()),
          hold.placedAt().toString(),
          Rows.text(hold.placedBy()),
          hold.reason());
    }
    return rows;
  }

  @Command(name = "release", description = "End a hold, which the log records")
  int release(
      @Mixin Where where,
      @Parameters(
              paramLabel = "ID",
              description = "Id of the hold, as \"tally hold list\" shows it")
          String id)
      throws Exception {
    try (Source source = where.source(terminal)) {
      source.releaseHold(id);
    }
    terminal.out().println("released " + Printable.of(id));
    return 0;
  }
}
