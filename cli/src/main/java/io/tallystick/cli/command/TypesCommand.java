package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.answer.EventTypes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tally types}: the event types there are. */
@Command(name = "types", description = "List event types and how often each occurs")
public final class TypesCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();

  public TypesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Answered<EventTypes> answer = common.ask(terminal, Source::types);
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
    return 0;
  }
}
