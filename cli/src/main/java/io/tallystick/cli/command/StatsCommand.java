package io.tallystick.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Filters;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally stats}: counts over the log or a period of it. */
@Command(name = "stats", description = "Count entries by type, category, actor and day")
public final class StatsCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Earliest time recorded: 2024-12-31, or with a time of day")
  private @Nullable String since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "Latest time recorded; a date includes its day")
  private @Nullable String until;

  public StatsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Map<String, List<String>> given = new LinkedHashMap<>();
    Filters.put(given, "since", since);
    Filters.put(given, "until", until);
    byte[] answer = common.ask(terminal, "/api/audit/stats", given);
    if (common.format == Format.json) {
      terminal.printJson(answer);
      return 0;
    }
    Rows rows = new Rows("WHAT", "COUNT");
    for (Map.Entry<String, JsonNode> field : Common.tree(answer).properties()) {
      JsonNode value = field.getValue();
      if (value.isObject()) {
        value
            .properties()
            .forEach(one -> rows.add(field.getKey() + " " + one.getKey(), one.getValue().asText()));
      } else if (value.isArray()) {
        for (JsonNode actor : value) {
          String name = EntriesView.text(actor, "actor_username");
          String id = EntriesView.text(actor, "actor_id");
          rows.add(
              field.getKey() + " " + name + (id.isEmpty() ? "" : "#" + id),
              EntriesView.text(actor, "count"));
        }
      } else if (!value.isNull()) {
        rows.add(field.getKey(), value.asText());
      }
    }
    rows.show(terminal, common.format);
    return 0;
  }
}
