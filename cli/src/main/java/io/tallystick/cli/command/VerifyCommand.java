package io.tallystick.cli.command;

import io.tallystick.cli.options.Common;
import io.tallystick.cli.options.Given;
import io.tallystick.cli.source.Answered;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.source.Trust;
import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.CheckpointInfo;
import io.tallystick.service.answer.Verification;
import io.tallystick.service.query.QueryParser;
import io.tallystick.service.query.VerifyQuery;
import io.tallystick.store.archive.ArchiveManifest;
import io.tallystick.store.archive.ArchiveReader;
import io.tallystick.store.archive.ArchiveVerifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally verify}: whether the log is as it was written. */
@Command(
    name = "verify",
    description =
        "Check contents, chain, ids, times and the sealed tree of the log, or of a range"
            + " of it",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:the log verifies", "1:the log does not verify; every fault is listed"})
public final class VerifyCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Common common = new Common();

  @Option(
      names = "--start-id",
      paramLabel = "ID",
      description = "First entry of the range (default: the first of the log)")
  private @Nullable String startId;

  @Option(
      names = "--end-id",
      paramLabel = "ID",
      description = "Last entry of the range (default: the last of the log)")
  private @Nullable String endId;

  @Option(names = "--strict", description = "Also decode every entry in full")
  private boolean strict;

  @Option(
      names = "--quick",
      description =
          "Read only the first and the last entry, and check that the stored hashes of"
              + " the range are those that were sealed")
  private boolean quick;

  @Option(
      names = "--checkpoint",
      paramLabel = "FILE",
      description = "Earlier checkpoint, kept elsewhere, that the log must continue")
  private @Nullable Path checkpoint;

  @Option(
      names = "--tsa-ca",
      paramLabel = "FILE",
      description =
          "Certificates in PEM that timestamps of kept checkpoints must lead to, on a"
              + " data directory only (default: check only the signatures)")
  private @Nullable Path authorities;

  public VerifyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    if (common.where.archive != null) {
      return verifyArchive(common.where.archive);
    }
    VerifyQuery query =
        QueryParser.verify(
            new Given()
                .one("start_id", startId)
                .one("end_id", endId)
                .one("strict", strict)
                .one("quick", quick)
                .parameters());
    Trust trust = Trust.of(common.where.keys, checkpoint, authorities);
    Answered<Verification> answer;
    try (Source source = common.where.source(terminal);
        ProgressBar bar = terminal.progressBar("verifying")) {
      answer = source.verify(query, trust, bar);
    }
    Verification report = answer.value();
    switch (common.format) {
      case json -> terminal.printJson(answer.json());
      case csv -> terminal.printCsv(faults(report).csv());
      case table -> show(report);
    }
    return report.valid() ? 0 : Failure.NOT_VALID;
  }

  private int verifyArchive(Path file) throws IOException {
    List<VerifierKey> trusted = common.where.trusted();
    if (trusted.isEmpty()) {
      throw new Failure(
          Failure.USAGE, "--archive needs --key, the log's verifier key that you trust");
    }
    if (startId != null || endId != null || quick || checkpoint != null || authorities != null) {
      throw new Failure(
          Failure.USAGE, "--archive is always checked as a whole; the only other option is --key");
    }
    String range = "";
    String sealed = "";
    List<String> faults = new ArrayList<>();
    try (ArchiveReader opened = ArchiveReader.open(file);
        ProgressBar _ = terminal.progressBar("verifying")) {
      ArchiveVerifier.Report report = ArchiveVerifier.verify(opened, trusted);
      ArchiveManifest manifest = opened.manifest();
      range = "entries %,d to %,d".formatted(manifest.firstId(), manifest.lastId());
      sealed =
          "%,d that %s sealed".formatted(report.checkpoint().size(), report.checkpoint().origin());
      faults.addAll(report.faults());
    } catch (InvalidNoteException e) {
      faults.add(String.valueOf(e.getMessage()));
    }
    showArchive(faults, range, sealed);
    return faults.isEmpty() ? 0 : Failure.NOT_VALID;
  }

  /** What the verification of an archive found, as JSON. */
  private record ArchiveReport(boolean valid, List<String> faults) {}

  private void showArchive(List<String> faults, String range, String sealed) throws IOException {
    Rows rows = new Rows("REASON");
    faults.forEach(rows::add);
    switch (common.format) {
      case json -> {
        terminal.printJson(AnswerJson.bytes(new ArchiveReport(faults.isEmpty(), faults)));
      }
      case csv -> terminal.printCsv(rows.csv());
      case table -> {
        if (faults.isEmpty()) {
          terminal
              .out()
              .println(
                  terminal.green("valid: ") + range + " are among the " + Printable.of(sealed));
        } else {
          terminal.out().println(terminal.red("NOT VALID: ") + range);
          faults.forEach(fault -> terminal.out().println(Printable.of(fault)));
        }
      }
    }
  }

  private void show(Verification report) {
    if (report.mode().equals(Verification.VERDICT) && report.faultsTotal() == 0) {
      terminal
          .out()
          .println(
              (report.valid() ? terminal.green("valid") : terminal.red("NOT VALID"))
                  + ": the whole log; the key sees a part of it, and is told no more");
      return;
    }
    String range =
        report.lastId() < report.firstId()
            ? "no entries"
            : "entries %,d to %,d".formatted(report.firstId(), report.lastId());
    if (report.valid()) {
      terminal
          .out()
          .println(
              terminal.green("valid: ")
                  + range
                  + (quick
                      ? " have the hashes that were sealed; only the first and the last were read"
                      : " are as they were written"));
    } else {
      terminal.out().println(terminal.red("NOT VALID: ") + range);
      terminal.out().print(faults(report).table(terminal));
      if (report.faultsTotal() > report.brokenLinks().size()) {
        terminal
            .out()
            .printf("%,d faults in all; only the first are listed%n", report.faultsTotal());
      }
    }
    CheckpointInfo sealed = report.checkpoint();
    terminal
        .out()
        .println(
            sealed == null
                ? "there is no checkpoint yet: nothing is sealed"
                : "sealed through %,d by %s"
                    .formatted(sealed.size(), Printable.of(sealed.origin())));
    terminal
        .out()
        .println(
            terminal.dim(
                "%s checked, %s computed, %,d ms"
                    .formatted(
                        Amount.of(report.entriesChecked(), "entry", "entries"),
                        Amount.of(report.hashesComputed(), "hash", "hashes"),
                        report.durationMs())));
  }

  private static Rows faults(Verification report) {
    Rows rows = new Rows("ID", "KIND", "REASON").keepWhole("ID", "KIND");
    for (Verification.BrokenLink fault : report.brokenLinks()) {
      rows.add(Long.toString(fault.id()), fault.kind(), fault.reason());
    }
    return rows;
  }
}
