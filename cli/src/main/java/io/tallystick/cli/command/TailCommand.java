package io.tallystick.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Filters;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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
    try (Source source = common.where.source(terminal)) {
      Map<String, List<String>> given = filters.parameters();
      given.put("limit", List.of(Integer.toString(lines)));
      given.put("order", List.of("desc"));
      List<JsonNode> entries = entries(source, given);
      Collections.reverse(entries);
      show(entries, true);
      long last = entries.isEmpty() ? 0 : entries.getLast().path("id").asLong();
      given.put("order", List.of("asc"));
      given.put("limit", List.of(Integer.toString(MAX_LINES)));
      while (follow) {
        given.put("after_id", List.of(Long.toString(Math.max(last, 0))));
        List<JsonNode> more = entries(source, given);
        if (more.isEmpty()) {
          Thread.sleep(POLL);
        } else {
          show(more, false);
          last = more.getLast().path("id").asLong();
        }
      }
    }
    return 0;
  }

  private static List<JsonNode> entries(Source source, Map<String, List<String>> given)
      throws IOException, InterruptedException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    source.get("/api/audit", given, answer);
    List<JsonNode> entries = new ArrayList<>();
    Common.tree(answer.toByteArray()).path("entries").forEach(entries::add);
    return entries;
  }

  /** Aligns no columns, since the next line may come an hour later; CSV begins with its header. */
  private void show(List<JsonNode> entries, boolean first) {
    switch (common.format) {
      case table -> entries.forEach(entry -> terminal.data().println(line(entry)));
      case json -> entries.forEach(entry -> terminal.data().println(entry));
      case csv -> {
        String csv = EntriesView.csv(entries);
        terminal.data().print(first ? csv : csv.substring(csv.indexOf('\n') + 1));
      }
    }
    terminal.flushData();
  }

  private static String line(JsonNode entry) {
    return Printable.of(
        "%-6s  %s  %-24s  %-16s  %-15s  %s"
            .formatted(
                EntriesView.text(entry, "id"),
                EntriesView.time(EntriesView.text(entry, "timestamp")),
                EntriesView.text(entry, "event_type"),
                EntriesView.actor(entry),
                EntriesView.text(entry, "actor_ip"),
                (EntriesView.target(entry) + "  " + EntriesView.text(entry, "action")).strip()));
  }
}
