package io.tallystick.cli.backfill;

import io.tallystick.cli.mapping.MappingChoice;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.PersonalNames;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.ServerSource;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Interruptible;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.ingest.backfill.ImportFormat;
import io.tallystick.ingest.backfill.Translation;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally import}: what other systems have logged already, into the log. */
@Command(
    name = "import",
    description = {
      "Import what other systems have logged already, each record once.",
      "Every record gets an event_id of its own, and --state keeps how far each file has come: run"
          + " the same command again after it was stopped, or when a file has grown. A record that"
          + " can't be mapped is kept raw. Exits with 1 if a file's own chain is broken"
    })
public final class ImportCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Where where = new Where();

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "Files to import in this order, or directories of them, compressed or not")
  private List<Path> named = List.of();

  @Option(
      names = "--format",
      required = true,
      paramLabel = "FORMAT",
      description =
          "Format of the files: cloudtrail, auditd (audit.log), journald (journalctl -o json or"
              + " export), pgaudit (csvlog), simpletuner (audit.db), or ndjson (one event a line)")
  private ImportFormat format = ImportFormat.NDJSON;

  @Option(
      names = "--map",
      paramLabel = "MAPPING",
      description =
          "Mapping to use: auto, a name of \"tally map list\", or a file ending in .yaml (default:"
              + " that of the format; for ndjson, auto)")
  private @Nullable String mapping;

  @Option(
      names = "--state",
      paramLabel = "FILE",
      defaultValue = "tally-import.json",
      description = "File that keeps how far each file has come (default: ./${DEFAULT-VALUE})")
  private Path stateFile = Path.of("tally-import.json");

  @Option(
      names = "--chain-key",
      paramLabel = "FILE",
      description =
          "Key of the chain of SimpleTuner's audit.db (default: audit.key beside it, if there is"
              + " one)")
  private @Nullable Path chainKey;

  @Option(
      names = "--personal",
      paramLabel = "FIELD",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "With --data: field that is personal in every event; several with commas, or repeated")
  private List<String> personal = List.of();

  @Option(names = "--dry-run", description = "Read and map everything, and append nothing")
  private boolean dryRun;

  @Option(names = "--json", description = "Print the report as JSON")
  private boolean json;

  public ImportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    List<Path> files = ImportFiles.of(named, format);
    ImportReport report = new ImportReport(dryRun);
    ImportState state = ImportState.open(stateFile);
    RecordAppender appender =
        new RecordAppender(translation(), new PersonalFields(PersonalNames.parse(personal)));
    try (Source source = dryRun ? null : where.source(terminal)) {
      if (!personal.isEmpty() && source instanceof ServerSource) {
        throw new Failure(
            Failure.USAGE,
            "--personal works with --data only: a server says it with \"tally serve --personal\", or a"
                + " key with \"tally keys create --personal\"");
      }
      ImportRun run =
          new ImportRun(
              format,
              format.reader(chainKey, mapping != null),
              appender,
              source,
              state,
              report,
              where.shown());
      Interruptible.run(run::stop, () -> run(run, files, report));
    }
    return report.exitCode();
  }

  private Translation translation() throws IOException {
    if (mapping != null) {
      return new Translation(MappingChoice.of(mapping));
    }
    Mappings mappings = MappingChoice.of(format.mapping());
    return format == ImportFormat.NDJSON
        ? Translation.ofEventsAnd(mappings)
        : new Translation(mappings);
  }

  private void run(ImportRun run, List<Path> files, ImportReport report)
      throws IOException, InterruptedException {
    long size = 0;
    for (Path file : files) {
      size += Files.size(file);
    }
    try (ProgressBar bar = terminal.progressBar("importing")) {
      run.run(files, bar, size);
    } catch (LogException e) {
      throw interrupted(new Failure(Failure.UNREACHABLE, String.valueOf(e.getMessage())), report);
    } catch (Failure e) {
      throw interrupted(e, report);
    }
    if (json) {
      terminal.printJson(report.json());
    } else {
      report.print(terminal);
    }
    if (run.isCutShort()) {
      terminal.err().println("tally: stopped before the end; run the same command again to go on");
    }
    terminal.out().flush();
  }

  private Failure interrupted(Failure e, ImportReport report) {
    report.printUnreadable(terminal);
    return new Failure(
        e.exitCode(),
        "%s (%s; run the same command again to go on, which %s remembers)"
            .formatted(e.getMessage(), report.summary(), Printable.of(stateFile.toString())));
  }
}
