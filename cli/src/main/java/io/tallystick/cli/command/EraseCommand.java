package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.Whose;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.erasure.ErasureReport;
import io.tallystick.service.retention.LegalHold;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally erase}: erases personal values, and nothing else of the entries. */
@Command(
    name = "erase",
    description = {
      "Erase the personal values of entries, for good. The entries stay, and so do all proofs.",
      "Every filter must match to the letter. Try it with --dry-run first"
    })
public final class EraseCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();
  @Mixin private final Whose whose = new Whose();

  @Option(
      names = "--fields",
      paramLabel = "FIELD",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "Erase only these values, such as actor_ip or details.email; several with commas, or"
              + " repeated (default: every personal value of the entries)")
  private List<String> fields = List.of();

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "Reason, which the log keeps for ever: say no name in it")
  private String reason = "";

  @Option(names = "--dry-run", description = "Only show what would be erased")
  private boolean dryRun;

  public EraseCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Answered<ErasureReport> answer;
    try (Source source = common.where.source(terminal);
        ProgressBar _ = terminal.progressBar(dryRun ? "searching" : "erasing")) {
      answer = source.erase(whose.filters(), fields, reason, dryRun);
    }
    switch (common.format) {
      case json -> terminal.printJson(answer.json());
      case csv -> terminal.printCsv(csv(answer.value()).csv());
      case table -> show(answer.value());
    }
    return 0;
  }

  private static Rows rows(ErasureReport report) {
    Rows rows = new Rows("FIELD", "ENTRIES");
    report.fields().forEach((field, count) -> rows.add(field, Long.toString(count)));
    return rows;
  }

  private static Rows csv(ErasureReport report) {
    Rows rows = new Rows("FIELD", "ENTRIES", "WIDER");
    report
        .fields()
        .forEach((field, count) ->
            rows.add(
                field,
                Long.toString(count),
                Long.toString(report.wider().getOrDefault(field, 0L))));
    return rows;
  }

  private void show(ErasureReport report) {
    if (!report.fields().isEmpty()) {
      terminal.out().print(rows(report).table(terminal));
    }
    terminal
        .out()
        .println(
            Amount.of(report.values(), "value", "values")
                + " of "
                + Amount.of(report.entries(), "entry", "entries")
                + (dryRun ? " would be erased: this was a dry run" : " erased for good"));
    report
        .wider()
        .forEach((field, count) ->
            terminal
                .out()
                .println(
                    "%s %s as a whole in %s: --fields names a part of it"
                        .formatted(
                            Printable.of(field),
                            dryRun ? "goes" : "went",
                            Amount.of(count, "entry", "entries"))));
    if (!report.erasures().isEmpty()) {
      terminal.out().println("recorded as entry " + report.erasures().getFirst());
    }
    if (report.withoutPersonal() > 0) {
      terminal
          .out()
          .println(
              Amount.of(report.withoutPersonal(), "entry matches", "entries match")
                  + ", but with no personal value: all of it stays, because nothing was named so when"
                  + " it was written");
    }
    if (report.otherSpellings() > 0) {
      terminal
          .out()
          .println(
              Amount.of(report.otherSpellings(), "entry has", "entries have")
                  + " another spelling of a name (upper case, Unicode); nothing of it is erased");
    }
    if (report.unreadable() > 0) {
      terminal
          .out()
          .println(
              Amount.of(report.unreadable(), "entry has", "entries have")
                  + " damaged values and may be meant; run \"tally verify\"");
    }
    for (LegalHold hold : report.holds()) {
      terminal
          .out()
          .println(
              "hold %d over entries %d to %d stands against it: %s"
                  .formatted(
                      hold.id(), hold.firstId(), hold.lastId(), Printable.of(hold.reason())));
    }
    for (String archive : report.missingArchives()) {
      terminal
          .out()
          .println(
              "archive %s is not here, so nothing was erased in it"
                  .formatted(Printable.of(archive)));
    }
  }
}
