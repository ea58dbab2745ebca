package io.tallystick.cli.reading;

import io.tallystick.cli.source.Answered;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.entry.ActorId;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.answer.Timestamps;
import io.tallystick.service.export.Csv;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Shows entries. */
final class EntriesView {
  private EntriesView() {}

  /**
   * Shows a page of entries, and under a table how many there are in all.
   *
   * @param next the options that give the next page, for instance {@code older ones: --before-id 4}
   */
  static void showPage(Terminal terminal, Format format, Answered<EntryPage> answer, String next) {
    EntryPage page = answer.value();
    switch (format) {
      case json -> terminal.printJson(answer.json());
      case csv -> terminal.printCsv(csv(page.entries()));
      case table -> {
        terminal.out().print(table(page.entries()).table(terminal));
        String shown = "%,d of %,d entries".formatted(page.entries().size(), page.total());
        String more = page.hasMore() ? "; " + next : "";
        terminal.out().println(terminal.dim(shown + more));
      }
    }
  }

  private static Rows table(List<EntryView> entries) {
    // Most logs that have no outcomes have none at all.
    boolean outcomes = entries.stream().anyMatch(entry -> entry.outcome() != null);
    List<String> columns =
        new ArrayList<>(
            List.of("ID", "TIME (UTC)", "EVENT TYPE", "ACTOR", "ADDRESS", "TARGET", "ACTION"));
    if (outcomes) {
      columns.add("OUTCOME");
    }
    columns.add("SOURCE");
    Rows rows =
        new Rows(columns.toArray(new String[0]))
            .keepWhole("ID", "TIME (UTC)")
            .mayLeaveOut("ACTION", "ADDRESS", "TARGET", "SOURCE");
    for (EntryView entry : entries) {
      List<String> cells =
          new ArrayList<>(
              List.of(
                  Long.toString(entry.id()),
                  time(entry.timestamp()),
                  entry.eventType(),
                  actor(entry),
                  address(entry),
                  target(entry),
                  entry.action()));
      if (outcomes) {
        cells.add(Rows.text(entry.outcome()));
      }
      cells.add(entry.source());
      rows.addAll(cells);
    }
    return rows;
  }

  static String csv(List<EntryView> entries) {
    Rows rows = new Rows(Csv.ENTRY.toArray(new String[0]));
    entries.forEach(entry -> rows.addAll(Csv.cells(entry)));
    return rows.csv();
  }

  static String actor(EntryView entry) {
    return actor(entry.actorUsername(), entry.actorId());
  }

  static String actor(@Nullable String username, @Nullable ActorId id) {
    return joined(Rows.text(username), Rows.text(id), "#");
  }

  /** Where it came from. */
  static String address(EntryView entry) {
    return Rows.text(entry.actorIp() == null ? entry.actorHost() : entry.actorIp());
  }

  static String target(EntryView entry) {
    String id = Rows.text(entry.targetId());
    return joined(
        Rows.text(entry.targetType()), id.isEmpty() ? Rows.text(entry.targetName()) : id, "/");
  }

  private static String joined(String first, String second, String by) {
    if (first.isEmpty()) {
      return second.isEmpty() ? "" : by + second;
    }
    return second.isEmpty() ? first : first + by + second;
  }

  /** A time to the millisecond, as a person reads it. */
  static String time(Instant time) {
    return Timestamps.text(time).substring(0, 23).replace('T', ' ');
  }
}
