package io.tallystick.cli;

import com.fasterxml.jackson.databind.JsonNode;
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

/** {@code tally tail}: the newest entries, and on request those that come. */
@Command(name = "tail", description = "Show the newest entries, oldest of them first.")
final class TailCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(500);

  private final Terminal terminal;
  @Mixin private final Common common = new Common();
  @Mixin private final Filters filters = new Filters();

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with entries as they come.")
  private boolean follow;

  @Option(
      names = "--lines",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many first (default: ${DEFAULT-VALUE}).")
  private int lines;

  TailCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    try (Source source = common.where.source(terminal)) {
      Map<String, List<String>> given = filters.parameters();
      given.put("limit", List.of(Integer.toString(lines)));
      given.put("order", List.of("desc"));
      List<JsonNode> entries = entries(source, given);
      Collections.reverse(entries);
      show(entries);
      long last = entries.isEmpty() ? 0 : entries.getLast().path("id").asLong();
      given.put("order", List.of("asc"));
      given.put("limit", List.of("500"));
      while (follow && !terminal.out().checkError()) {
        given.put("after_id", List.of(Long.toString(Math.max(last, 0))));
        List<JsonNode> more = entries(source, given);
        if (more.isEmpty()) {
          Thread.sleep(POLL);
        } else {
          show(more);
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

  private void show(List<JsonNode> entries) {
    for (JsonNode entry : entries) {
      String line =
          common.format == Format.table
              ? String.join(
                  "  ",
                  EntriesView.text(entry, "id"),
                  EntriesView.time(EntriesView.text(entry, "timestamp")),
                  EntriesView.text(entry, "event_type"),
                  EntriesView.text(entry, "actor_username"),
                  EntriesView.text(entry, "actor_ip"),
                  EntriesView.text(entry, "target_type")
                      + "/"
                      + EntriesView.text(entry, "target_id"),
                  EntriesView.text(entry, "action"))
              : entry.toString();
      terminal.data().println(common.format == Format.table ? Printable.of(line) : line);
    }
    terminal.data().flush();
  }
}
