package io.tallystick.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.cli.options.Common;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.export.Csv;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Shows entries as the API gives them. */
public final class EntriesView {
  private EntriesView() {}

  /**
   * Shows a page of entries, and under a table how many there are in all.
   *
   * @param older says how to ask for the entries after these
   */
  static void showPage(
      Terminal terminal, Format format, byte[] answer, Function<JsonNode, String> older)
      throws IOException {
    if (format == Format.json) {
      terminal.printJson(answer);
      return;
    }
    JsonNode page = Common.tree(answer);
    JsonNode entries = page.path("entries");
    if (format == Format.csv) {
      terminal.printCsv(csv(entries));
      return;
    }
    terminal.out().print(table(entries).table(terminal));
    String shown = "%,d of %,d entries".formatted(entries.size(), page.path("total").asLong());
    String more = page.path("has_more").asBoolean() ? "; older ones: " + older.apply(page) : "";
    terminal.out().println(terminal.dim(shown + more));
  }

  static Rows table(Iterable<JsonNode> entries) {
    Rows rows =
        new Rows("ID", "TIME (UTC)", "EVENT TYPE", "ACTOR", "ADDRESS", "TARGET", "ACTION")
            .keepWhole("ID", "TIME (UTC)")
            .mayLeaveOut("ACTION", "ADDRESS", "TARGET");
    for (JsonNode entry : entries) {
      rows.add(
          text(entry, "id"),
          time(text(entry, "timestamp")),
          text(entry, "event_type"),
          actor(entry),
          text(entry, "actor_ip"),
          target(entry),
          text(entry, "action"));
    }
    return rows;
  }

  static String csv(Iterable<JsonNode> entries) {
    Rows rows = new Rows(Csv.ENTRY.toArray(new String[0]));
    for (JsonNode entry : entries) {
      List<String> cells = new ArrayList<>();
      Csv.ENTRY.forEach(field -> cells.add(text(entry, field)));
      rows.addAll(cells);
    }
    return rows.csv();
  }

  static String text(JsonNode object, String field) {
    JsonNode value = object.path(field);
    if (value.isNull() || value.isMissingNode()) {
      return "";
    }
    return value.isContainerNode() ? value.toString() : value.asText();
  }

  static String actor(JsonNode entry) {
    return joined(text(entry, "actor_username"), text(entry, "actor_id"), "#");
  }

  static String target(JsonNode entry) {
    return joined(text(entry, "target_type"), text(entry, "target_id"), "/");
  }

  private static String joined(String first, String second, String by) {
    if (first.isEmpty()) {
      return second.isEmpty() ? "" : by + second;
    }
    return second.isEmpty() ? first : first + by + second;
  }

  /** A timestamp to the millisecond, as a person reads it. */
  static String time(String timestamp) {
    return timestamp.length() < 23 ? timestamp : timestamp.substring(0, 23).replace('T', ' ');
  }
}
