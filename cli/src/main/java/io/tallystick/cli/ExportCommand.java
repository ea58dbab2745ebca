package io.tallystick.cli;

import io.tallystick.store.Archive;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally export}: every entry that matches, however many. */
@Command(name = "export", description = "Write all entries that match to a file.")
final class ExportCommand implements Callable<Integer> {
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

  @Option(
      names = "--archive",
      paramLabel = "FILE",
      description =
          "Write the entries of a file that retention made instead of a log's, as ndjson, all of"
              + " them.")
  private @Nullable Path archive;

  ExportCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Map<String, List<String>> given = filters.parameters();
    if (archive != null) {
      if (!given.isEmpty() || proofs || !format.equals("ndjson")) {
        throw new Failure(
            Failure.USAGE,
            "--archive writes all of its entries as ndjson; taken beside it is --out");
      }
      exportArchive(archive);
      return 0;
    }
    given.put("format", List.of(proofs ? "bundle" : format));
    try (Source source = where.source(terminal)) {
      if (out == null) {
        source.get("/api/audit/export", given, terminal.out());
        terminal.out().flush();
      } else {
        write(to -> source.get("/api/audit/export", given, to), out);
      }
    }
    return 0;
  }

  private void exportArchive(Path file) throws IOException, InterruptedException {
    try (Archive opened = Archive.open(file)) {
      Content entries =
          to ->
              opened.forEach(entry -> {
                to.write(entry.bytes());
                to.write('\n');
                return true;
              });
      if (out == null) {
        entries.writeTo(terminal.out());
        terminal.out().flush();
      } else {
        write(entries, out);
      }
    }
  }

  @FunctionalInterface
  private interface Content {
    void writeTo(OutputStream to) throws IOException, InterruptedException;
  }

  private static void write(Content content, Path file) throws IOException, InterruptedException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (OutputStream to = new BufferedOutputStream(Files.newOutputStream(unfinished), 1 << 16)) {
        content.writeTo(to);
      }
      Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }
}
