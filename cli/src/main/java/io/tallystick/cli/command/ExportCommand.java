package io.tallystick.cli.command;

import io.tallystick.cli.options.Filters;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Output;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.export.ExportFormat;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally export}: every entry that matches, however many. */
@Command(
    name = "export",
    description =
        "Write all entries that match to a file or to standard output. A server records each export"
            + " as an entry; in a data directory, only the checkpoint of a bundle is kept")
public final class ExportCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Where where = new Where();
  @Mixin private final Filters filters = new Filters();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "ndjson",
      description = "Format: ndjson, csv, json or bundle (default:" + " ${DEFAULT-VALUE})")
  private String format = "ndjson";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "File to write, which appears once it is complete (default: standard output)")
  private @Nullable Path out;

  @Option(
      names = "--proofs",
      description =
          "Write an evidence bundle, as --format bundle does: a zip with the entries, a"
              + " proof of each, and the checkpoint, which \"tally verify-bundle\" checks"
              + " anywhere")
  private boolean proofs;

  @Option(
      names = "--exact",
      description =
          "Write the exact bytes of the entries, which have commitments in place of personal values;"
              + " of a bundle, leave the values out")
  private boolean exact;

  public ExportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Parameters given = filters.given().one("format", proofs ? "bundle" : format).parameters();
    AuditQuery query = QueryParser.export(given);
    ExportFormat chosen = ExportFormat.of(given);
    if (exact && !chosen.mayBeExact()) {
      throw new Failure(
          Failure.USAGE, "--exact needs --format ndjson or bundle, but the format was " + chosen);
    }
    try (Source source = where.source(terminal);
        ProgressBar _ = out == null ? null : terminal.progressBar("exporting")) {
      Output.write(terminal, out, to -> source.export(query, chosen, exact, to));
    }
    return 0;
  }
}
