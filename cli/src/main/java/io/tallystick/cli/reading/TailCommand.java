package io.tallystick.cli.reading;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Filters;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally tail}: the newest entries and, with {@code --follow}, those that arrive. */
@Command(name = "tail", description = "Show the newest entries, oldest of them first")
public final class TailCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final int MAX_LINES = 500;

  private final Terminal terminal;
  @Mixin private final Common common = new Common();
  @Mixin private final Filters filters = new Filters();

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with entries as they arrive")
  private boolean follow;

  @Option(
      names = "--lines",
      paramLabel = "N",
      defaultValue = "10",
      description = "Number of entries to begin with, 1 to 500 (default: ${DEFAULT-VALUE})")
  private int lines;

  public TailCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    if (lines < 1 || lines > MAX_LINES) {
      throw new Failure(
          Failure.USAGE, "--lines must be between 1 and " + MAX_LINES + ", but was " + lines);
    }
    Parameters given =
        filters.given().one("limit", Integer.toString(lines)).one("order", "desc").parameters();
    AuditQuery newest = QueryParser.list(given);
    try (Source source = common.where.source(terminal)) {
      List<EntryView> entries = source.entries(newest).value().entries().reversed();
      show(entries, true);
      long last = entries.isEmpty() ? 0 : entries.getLast().id();
      AuditQuery next =
          QueryParser.list(
              filters.given().one("limit", MAX_LINES).one("order", "asc").parameters());
      while (follow) {
        List<EntryView> more = source.entries(next.after(last)).value().entries();
        if (more.isEmpty()) {
          Thread.sleep(POLL);
        } else {
          show(more, false);
          last = more.getLast().id();
        }
      }
    }
    return 0;
  }

  /** Aligns no columns, since the next line may come an hour later; CSV begins with its header. */
  private void show(List<EntryView> entries, boolean first) {
    switch (common.format) {
      case table -> entries.forEach(entry -> terminal.data().println(line(entry)));
      case json -> entries.forEach(entry -> terminal.printJson(AnswerJson.bytes(entry)));
      case csv -> {
        String csv = EntriesView.csv(entries);
        terminal.data().print(first ? csv : csv.substring(csv.indexOf('\n') + 1));
      }
    }
    terminal.flushData();
  }

  private static String line(EntryView entry) {
    return Printable.of(
        "%-6s  %s  %-24s  %-16s  %-15s  %s"
            .formatted(
                entry.id(),
                EntriesView.time(entry.timestamp()),
                entry.eventType(),
                EntriesView.actor(entry),
                EntriesView.address(entry),
                (EntriesView.target(entry) + "  " + entry.action()).strip()
                    + "  by "
                    + entry.source()));
  }
}
