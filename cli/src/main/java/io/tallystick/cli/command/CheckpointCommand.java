package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Given;
import io.tallystick.cli.options.PeriodOptions;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Output;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.answer.CheckpointList;
import io.tallystick.service.answer.Timestamps;
import io.tallystick.service.query.CheckpointQuery;
import io.tallystick.service.query.QueryParser;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally checkpoint}: the signed checkpoints of the log. */
@Command(
    name = "checkpoint",
    description = "Print the newest checkpoint and keep it in the log's history")
public final class CheckpointCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Where where = new Where();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "File to write (default: standard output)")
  private @Nullable Path out;

  public CheckpointCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    byte[] note;
    try (Source source = where.source(terminal)) {
      note = source.newestCheckpoint();
    }
    Output.write(terminal, out, note);
    return 0;
  }

  /** {@code tally checkpoint list}. */
  @Command(name = "list", description = "List the kept checkpoints, newest first")
  public static final class ListKept implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final Common common = new Common();

    @Mixin private final PeriodOptions period = new PeriodOptions();

    @Option(
        names = "--limit",
        paramLabel = "N",
        description = "Number of checkpoints at most, 1 to 500 (default: 50)")
    private @Nullable String limit;

    @Option(
        names = "--before-size",
        paramLabel = "SIZE",
        description = "Show only checkpoints over fewer entries than this")
    private @Nullable String beforeSize;

    public ListKept(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
      Given given = new Given().one("limit", limit).one("before_size", beforeSize);
      CheckpointQuery query = QueryParser.checkpoints(period.addTo(given).parameters());
      Answered<CheckpointList> answer = common.ask(terminal, source -> source.checkpoints(query));
      switch (common.format) {
        case json -> terminal.printJson(answer.json());
        case csv -> terminal.printCsv(rows(answer.value()).csv());
        case table -> {
          terminal.out().print(rows(answer.value()).table(terminal));
          if (answer.value().nextBeforeSize() != null) {
            terminal
                .out()
                .println(
                    terminal.dim("older ones: --before-size " + answer.value().nextBeforeSize()));
          }
        }
      }
      return 0;
    }

    private static Rows rows(CheckpointList list) {
      Rows rows = new Rows("SIZE", "SIGNED AT", "ROOT", "COSIGNED", "TIMESTAMPED");
      for (CheckpointList.Kept kept : list.checkpoints()) {
        rows.add(
            Long.toString(kept.size()),
            Timestamps.text(kept.signedAt()),
            kept.root(),
            Integer.toString(kept.cosigned()),
            Boolean.toString(kept.timestamped()));
      }
      return rows;
    }
  }
}
