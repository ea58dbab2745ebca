package io.tallystick.cli.command;

import io.tallystick.cli.options.Filters;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Output;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally export}: every entry that matches, however many. */
@Command(
    name = "export",
    description =
        "Write all entries that match to a file. A server records who took what; in a data directory only"
            + " the checkpoint of a bundle is kept.")
public final class ExportCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Where where = new Where();
  @Mixin private final Filters filters = new Filters();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "ndjson",
      description = "ndjson (the exact entries), csv, json or bundle (default: ${DEFAULT-VALUE}).")
  private String format = "ndjson";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The file, which appears when it is whole; standard output if absent.")
  private @Nullable Path out;

  @Option(
      names = "--proofs",
      description =
          "Write an evidence bundle in place of the format: a zip with the entries, a proof each and"
              + " the checkpoint, which \"tally verify-bundle\" checks anywhere.")
  private boolean proofs;

  public ExportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Map<String, List<String>> given = filters.parameters();
    given.put("format", List.of(proofs ? "bundle" : format));
    try (Source source = where.source(terminal);
        ProgressBar _ = out == null ? null : terminal.progressBar("exporting")) {
      Output.write(terminal, out, to -> source.get("/api/audit/export", given, to));
    }
    return 0;
  }
}
