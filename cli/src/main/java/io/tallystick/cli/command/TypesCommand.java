package io.tallystick.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.cli.options.Common;
import io.tallystick.cli.terminal.Format;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import java.util.Map;
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
    byte[] answer = common.ask(terminal, "/api/audit/types", Map.of());
    if (common.format == Format.json) {
      terminal.printJson(answer);
      return 0;
    }
    Rows rows = new Rows("VALUE", "CATEGORY", "COUNT", "SECURITY", "DESCRIPTION");
    for (JsonNode type : Common.tree(answer).path("event_types")) {
      rows.add(
          type.path("value").asText(),
          type.path("category").asText(),
          type.path("count").asText(),
          type.path("security").asBoolean() ? "yes" : "",
          type.path("description").asText());
    }
    rows.show(terminal, common.format);
    return 0;
  }
}
