package io.tallystick.cli.reading;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Filters;
import io.tallystick.cli.options.PageOptions;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tally list}: entries that match, newest first. */
@Command(name = "list", description = "List entries, newest first, with filters")
public final class ListCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Function<Parameters, AuditQuery> parser;
  @Mixin private final Common common = new Common();
  @Mixin private final Filters filters = new Filters();
  @Mixin private final PageOptions page = new PageOptions();

  private ListCommand(Terminal terminal, Function<Parameters, AuditQuery> parser) {
    this.terminal = terminal;
    this.parser = parser;
  }

  public static ListCommand all(Terminal terminal) {
    return new ListCommand(terminal, QueryParser::list);
  }

  /** {@code tally security}: the same for security events. */
  public static ListCommand security(Terminal terminal) {
    return new ListCommand(terminal, QueryParser::security);
  }

  @Override
  public Integer call() throws Exception {
    AuditQuery query = parser.apply(page.addTo(filters.given()).parameters());
    Answered<EntryPage> answer = common.ask(terminal, source -> source.entries(query));
    EntriesView.showPage(terminal, common.format, answer, next(query, answer.value()));
    return 0;
  }

  private static String next(AuditQuery query, EntryPage page) {
    if (page.entries().isEmpty()) {
      return "";
    }
    long last = page.entries().getLast().id();
    return (query.ascending() ? "newer ones: --after-id " : "older ones: --before-id ") + last;
  }
}
