package io.tallystick.cli.backfill;

import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.entry.EntryField;
import io.tallystick.ingest.backfill.FileIdentity;
import io.tallystick.ingest.backfill.ImportFormat;
import io.tallystick.ingest.backfill.RecordReader;
import io.tallystick.ingest.backfill.SourceRecord;
import io.tallystick.ingest.backfill.UnreadableFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Brings files into a log. Used by one thread; another one may stop it. */
final class ImportRun {
  private static final int MAX_EVENTS = 1_000;
  private static final int MAX_BYTES = 2 << 20;

  /** Ends reading. */
  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private record Pending(FileIdentity file, RecordAppender.Item item) {}

  private final ImportFormat format;
  private final RecordReader reader;
  private final RecordAppender appender;
  private final @Nullable Source source;
  private final ImportState state;
  private final ImportReport report;
  private final String fallbackLog;

  private final List<Pending> batch = new ArrayList<>();
  private int batchBytes;
  private @Nullable String log;
  private boolean cutShort;
  private volatile boolean stopped;

  /**
   * @param appender into that log
   * @param source the log; {@code null} if nothing is appended
   * @param fallbackLog by what a log is known that does not say its origin
   */
  ImportRun(
      ImportFormat format,
      RecordReader reader,
      RecordAppender appender,
      @Nullable Source source,
      ImportState state,
      ImportReport report,
      String fallbackLog) {
    this.format = format;
    this.reader = reader;
    this.appender = appender;
    this.source = source;
    this.state = state;
    this.report = report;
    this.fallbackLog = fallbackLog;
  }

  /** Ends reading at the next record; what was read is appended. */
  void stop() {
    stopped = true;
  }

  /** Whether reading ended before the files did. */
  boolean isCutShort() {
    return cutShort;
  }

  /**
   * Reads all files.
   *
   * @param size bytes of all of them
   */
  void run(List<Path> files, ProgressBar bar, long size) throws IOException, InterruptedException {
    long[] read = {0};
    try {
      for (Path file : files) {
        readOne(
            file,
            bytes -> {
              read[0] += bytes;
              bar.at(read[0], size);
            });
      }
      flush();
    } catch (Stopped e) {
      cutShort = true;
      flush();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } finally {
      state.save();
    }
  }

  private void readOne(Path file, LongConsumer progress) throws IOException, InterruptedException {
    report.file();
    try {
      FileIdentity identity =
          reader.identify(file, log() == null ? List.of() : state.known(log(), format));
      long after = log() == null ? 0 : state.position(new ImportState.Key(log(), format, identity));
      reader.read(file, identity, after, new Records(file, identity, progress));
    } catch (UnreadableFileException e) {
      report.unreadable(String.valueOf(e.getMessage()));
    }
  }

  /** By what the log is known; {@code null} if nothing is in it yet. */
  private @Nullable String log() throws IOException, InterruptedException {
    if (log == null && source != null) {
      try {
        log = source.log().value().origin();
      } catch (Failure e) {
        if (e.exitCode() == Failure.UNREACHABLE) {
          throw e;
        }
        // The key may append, and not read.
        log = fallbackLog;
      } catch (IOException e) {
        // There is no log yet: the first batch makes it.
        return null;
      }
    }
    return log;
  }

  /** Receives the records of one file. */
  private final class Records implements RecordReader.Receiver {
    private final Path file;
    private final FileIdentity identity;
    private final LongConsumer progress;

    Records(Path file, FileIdentity identity, LongConsumer progress) {
      this.file = file;
      this.identity = identity;
      this.progress = progress;
    }

    @Override
    public void record(SourceRecord record) throws InterruptedException {
      if (stopped) {
        throw new Stopped();
      }
      RecordAppender.Item item = appender.item(record, file + ", " + record.place());
      if (item.isRaw()) {
        report.count(ImportReport.Kind.RAW, item.place(), String.valueOf(item.failure()));
      } else {
        report.count(ImportReport.Kind.MAPPED, 1);
        if (!item.event().altered().isEmpty()) {
          String fields =
              item.event().altered().stream()
                  .map(EntryField::toString)
                  .collect(Collectors.joining(", "));
          report.count(ImportReport.Kind.ALTERED, item.place(), fields);
        }
      }
      batch.add(new Pending(identity, item));
      batchBytes += item.json().toString().length();
      if (batch.size() == MAX_EVENTS || batchBytes >= MAX_BYTES) {
        try {
          flush();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    @Override
    public void note(String sentence, boolean fault) {
      report.note(file + ": " + sentence, fault);
    }

    @Override
    public void progress(long bytes) {
      progress.accept(bytes);
    }

    @Override
    public void passedOver(long records) {
      report.count(ImportReport.Kind.PASSED_OVER, records);
    }

    @Override
    public void doneBefore(long records) {
      report.doneBefore(records);
    }
  }

  /** Appends what was read, and notes how far that is. */
  private void flush() throws IOException, InterruptedException {
    List<Pending> events = List.copyOf(batch);
    batch.clear();
    batchBytes = 0;
    if (source == null || events.isEmpty()) {
      return;
    }
    RecordAppender.Outcome outcome =
        appender.append(source, events.stream().map(Pending::item).toList());
    report.count(ImportReport.Kind.APPENDED, outcome.appended());
    report.count(ImportReport.Kind.ALREADY_THERE, outcome.replayed());
    report.lastId(outcome.lastId());
    outcome.renamed().forEach((place, id) -> report.count(ImportReport.Kind.RENAMED, place, id));
    outcome
        .rejected()
        .forEach((place, why) -> report.count(ImportReport.Kind.REJECTED, place, why));
    String known = log();
    String into = known == null ? fallbackLog : known;
    for (Pending event : events) {
      state.appended(
          new ImportState.Key(into, format, event.file()), event.item().record().position());
    }
    state.saveSometimes();
  }
}
