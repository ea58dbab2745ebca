package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Filters;
import io.tallystick.cli.options.PageOptions;
import io.tallystick.cli.terminal.Terminal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tally list}: entries that match, newest first. */
@Command(name = "list", description = "List entries, newest first, with filters")
public final class ListCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final String path;
  @Mixin private final Common common = new Common();
  @Mixin private final Filters filters = new Filters();
  @Mixin private final PageOptions page = new PageOptions();

  private ListCommand(Terminal terminal, String path) {
    this.terminal = terminal;
    this.path = path;
  }

  public static ListCommand all(Terminal terminal) {
    return new ListCommand(terminal, "/api/audit");
  }

  /** {@code tally security}: the same of security events. */
  public static ListCommand security(Terminal terminal) {
    return new ListCommand(terminal, "/api/audit/security");
  }

  @Override
  public Integer call() throws Exception {
    Map<String, List<String>> given = filters.parameters();
    page.addTo(given);
    EntriesView.showPage(
        terminal,
        common.format,
        common.ask(terminal, path, given),
        page -> "--before-id " + page.path("next_before_id").asText());
    return 0;
  }
}
