package io.tallystick.cli.reading;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Given;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.PageOptions;
import io.tallystick.cli.options.PeriodOptions;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.query.QueryParser;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally user}: what a user did and what was done to that user. */
@Command(name = "user", description = "List entries by a user or about that user")
public final class UserCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();
  @Mixin private final PageOptions page = new PageOptions();

  @CommandLine.Parameters(paramLabel = "ID", description = "Id of the user, a number or a text")
  private String id = "";

  @Option(
      names = "--event-type",
      paramLabel = "TYPE",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description = "Event type, or a prefix such as auth.*; several with commas, or repeated")
  private List<String> eventTypes = List.of();

  @Mixin private final PeriodOptions period = new PeriodOptions();

  public UserCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Given given = period.addTo(page.addTo(new Given().all("event_type", eventTypes)));
    AuditQuery query = QueryParser.user(id, given.parameters());
    Answered<EntryPage> answer = common.ask(terminal, source -> source.entries(query));
    long shown = query.offset() + answer.value().entries().size();
    EntriesView.showPage(terminal, common.format, answer, "older ones: --offset " + shown);
    return 0;
  }
}
