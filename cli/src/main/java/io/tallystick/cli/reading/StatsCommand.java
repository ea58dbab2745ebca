package io.tallystick.cli.reading;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Given;
import io.tallystick.cli.options.PeriodOptions;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.index.LogStatistics;
import io.tallystick.service.answer.Statistics;
import io.tallystick.service.answer.Timestamps;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.QueryParser;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tally stats}: counts over the log or a period of it. */
@Command(name = "stats", description = "Count entries by type, category, actor and day")
public final class StatsCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();
  @Mixin private final PeriodOptions period = new PeriodOptions();

  public StatsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Period asked = QueryParser.period(period.addTo(new Given()).parameters());
    Answered<Statistics> answer = common.ask(terminal, source -> source.statistics(asked));
    if (common.format == Format.json) {
      terminal.printJson(answer.json());
    } else {
      rows(answer.value()).show(terminal, common.format);
    }
    return 0;
  }

  private static Rows rows(Statistics counts) {
    Rows rows = new Rows("WHAT", "COUNT");
    add(rows, "total_entries", counts.totalEntries());
    add(rows, "by_type", counts.byType());
    addOthers(rows, "other_types", counts.otherTypes());
    add(rows, "last_24h", counts.last24h());
    add(rows, "first_entry", counts.firstEntry());
    add(rows, "last_entry", counts.lastEntry());
    add(rows, "by_category", counts.byCategory());
    addOthers(rows, "other_categories", counts.otherCategories());
    add(rows, "security_events", counts.securityEvents());
    add(rows, "failed_logins", counts.failedLogins());
    add(rows, "sealed_through", counts.sealedThrough());
    add(rows, "indexed_through", counts.indexedThrough());
    for (LogStatistics.Actor actor : counts.topActors()) {
      String name = EntriesView.actor(actor.actorUsername(), actor.actorId());
      add(rows, "top_actors " + name, actor.count());
    }
    add(rows, "per_day", counts.perDay());
    return rows;
  }

  private static void add(Rows rows, String what, Map<?, Long> counts) {
    counts.forEach((name, count) -> add(rows, what + " " + name, count));
  }

  private static void addOthers(Rows rows, String what, long count) {
    if (count > 0) {
      add(rows, what, count);
    }
  }

  private static void add(Rows rows, String what, @Nullable Instant time) {
    if (time != null) {
      rows.add(what, Timestamps.text(time));
    }
  }

  private static void add(Rows rows, String what, @Nullable Long count) {
    if (count != null) {
      rows.add(what, Long.toString(count));
    }
  }
}
