package io.tallystick.cli.reading;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Given;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.answer.EventTypes;
import io.tallystick.service.query.QueryParser;
import io.tallystick.service.query.TypeQuery;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally types}: the event types there are. */
@Command(name = "types", description = "List event types and how often each occurs")
public final class TypesCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Number of types at most beyond the known ones, 1 to 1000 (default: 500)")
  private @Nullable String limit;

  @Option(
      names = "--after",
      paramLabel = "TYPE",
      description = "Go on behind this type, in the order of their names")
  private @Nullable String after;

  public TypesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    TypeQuery query =
        QueryParser.types(new Given().one("limit", limit).one("after", after).parameters());
    Answered<EventTypes> answer = common.ask(terminal, source -> source.types(query));
    if (common.format == Format.json) {
      terminal.printJson(answer.json());
      return 0;
    }
    Rows rows = new Rows("VALUE", "CATEGORY", "COUNT", "SECURITY", "DESCRIPTION");
    for (EventTypes.Type type : answer.value().eventTypes()) {
      rows.add(
          type.value(),
          type.category(),
          Long.toString(type.count()),
          type.security() ? "yes" : "",
          type.description());
    }
    rows.show(terminal, common.format);
    String next = answer.value().nextAfter();
    if (next != null && common.format == Format.table) {
      terminal.out().println(terminal.dim("more types: --after " + Printable.of(next)));
    }
    return 0;
  }
}
