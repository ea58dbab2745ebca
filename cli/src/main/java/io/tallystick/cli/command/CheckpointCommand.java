package io.tallystick.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Filters;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Output;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally checkpoint}: the signed checkpoints of the log. */
@Command(
    name = "checkpoint",
    description = "Print the newest checkpoint and keep it in the log's history")
public final class CheckpointCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Where where = new Where();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "File to write (default: standard output)")
  private @Nullable Path out;

  public CheckpointCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    ByteArrayOutputStream note = new ByteArrayOutputStream();
    try (Source source = where.source(terminal)) {
      source.get("/api/audit/checkpoints/newest", Map.of(), note);
    }
    Output.write(terminal, out, note.toByteArray());
    return 0;
  }

  /** {@code tally checkpoint list}. */
  @Command(name = "list", description = "List the kept checkpoints, newest first")
  public static final class ListKept implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final Common common = new Common();

    @Option(names = "--since", paramLabel = "TIME", description = "Earliest time signed")
    private @Nullable String since;

    @Option(
        names = "--until",
        paramLabel = "TIME",
        description = "Latest time signed; a date includes its day")
    private @Nullable String until;

    public ListKept(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
      Map<String, List<String>> given = new LinkedHashMap<>();
      Filters.put(given, "since", since);
      Filters.put(given, "until", until);
      byte[] answer = common.ask(terminal, "/api/audit/checkpoints", given);
      Rows rows =
          new Rows("SIZE", "SIGNED AT", "ROOT", "COSIGNED", "TIMESTAMPED")
              .keepWhole("SIZE", "SIGNED AT");
      for (JsonNode kept : Common.tree(answer).path("checkpoints")) {
        rows.add(
            kept.path("size").asText(),
            kept.path("signed_at").asText(),
            kept.path("root").asText(),
            kept.path("cosigned").asText(),
            kept.path("timestamped").asText());
      }
      switch (common.format) {
        case json -> terminal.printJson(answer);
        case csv -> terminal.printCsv(rows.csv());
        case table -> terminal.out().print(rows.table(terminal));
      }
      return 0;
    }
  }
}
