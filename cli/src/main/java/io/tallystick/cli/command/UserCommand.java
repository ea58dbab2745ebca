package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Filters;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.PageOptions;
import io.tallystick.cli.terminal.Terminal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally user}: what a user did and what was done to that user. */
@Command(name = "user", description = "List entries by a user or about that user")
public final class UserCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();
  @Mixin private final PageOptions page = new PageOptions();

  @Parameters(paramLabel = "ID", description = "Number of the user")
  private long userId;

  @Option(
      names = "--event-type",
      paramLabel = "TYPE",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description = "Event type, or a prefix such as auth.*; several with commas, or repeated")
  private List<String> eventTypes = List.of();

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

  public UserCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Map<String, List<String>> given = new LinkedHashMap<>();
    if (!eventTypes.isEmpty()) {
      given.put("event_type", eventTypes);
    }
    Filters.put(given, "since", since);
    Filters.put(given, "until", until);
    page.addTo(given);
    byte[] answer = common.ask(terminal, "/api/audit/user/" + userId, given);
    EntriesView.showPage(
        terminal,
        common.format,
        answer,
        shown -> "--offset " + (page.skipped() + shown.path("entries").size()));
    return 0;
  }
}
