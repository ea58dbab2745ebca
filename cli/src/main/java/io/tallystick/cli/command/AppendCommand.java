package io.tallystick.cli.command;

import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEventException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tally append}: events as NDJSON into the log. */
@Command(
    name = "append",
    description = {
      "Append events, one JSON object a line, in batches of up to 1,000.",
      "A line that is not an event ends it: nothing of its batch is written, what came before is."
    })
public final class AppendCommand implements Callable<Integer> {
  private static final int MAX_EVENTS = 1_000;
  private static final int MAX_BATCH_BYTES = 4 << 20;
  private static final int MAX_LINE_BYTES = 1 << 20;

  private final Terminal terminal;
  @Mixin private final Where where = new Where();

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The file; standard input if absent.")
  private @Nullable Path file;

  private long appended;
  private long lastId;

  public AppendCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    long size = file == null ? 0 : size(file);
    try (InputStream in =
            new BufferedInputStream(
                file == null ? System.in : Files.newInputStream(file), 1 << 16);
        Source source = where.source(terminal);
        ProgressBar bar = terminal.progressBar("appending")) {
      append(in, source, bar, size);
    } catch (Failure e) {
      throw new Failure(e.exitCode(), e.getMessage() + " (" + said() + ")");
    }
    terminal.out().println(said());
    return 0;
  }

  private static long size(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      throw new Failure(Failure.USAGE, "there is no file " + file);
    }
  }

  private String said() {
    return appended == 0
        ? "nothing was appended"
        : "%,d entries appended, the last one is %,d".formatted(appended, lastId);
  }

  private void append(InputStream in, Source source, ProgressBar bar, long size)
      throws IOException, InterruptedException {
    List<byte[]> lines = new ArrayList<>();
    List<Event> events = new ArrayList<>();
    int bytes = 0;
    long read = 0;
    long number = 0;
    for (byte[] line = line(in, 1); line != null; line = line(in, number + 1)) {
      number++;
      read += line.length + 1;
      if (isBlank(line)) {
        continue;
      }
      if (events.size() == MAX_EVENTS || bytes + line.length > MAX_BATCH_BYTES) {
        flush(source, lines, events);
        bytes = 0;
        bar.at(read, size);
      }
      try {
        events.add(EventReader.readOne(line));
      } catch (InvalidEventException e) {
        throw new Failure(Failure.USAGE, "line " + number + ": " + Printable.of(e.getMessage()));
      }
      lines.add(line);
      bytes += line.length;
    }
    flush(source, lines, events);
  }

  private void flush(Source source, List<byte[]> lines, List<Event> events)
      throws IOException, InterruptedException {
    if (!events.isEmpty()) {
      lastId = source.append(lines, events);
      appended += events.size();
      lines.clear();
      events.clear();
    }
  }

  private static byte @Nullable [] line(InputStream in, long number) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    int b = in.read();
    if (b < 0) {
      return null;
    }
    for (; b >= 0 && b != '\n'; b = in.read()) {
      line.write(b);
      if (line.size() > MAX_LINE_BYTES) {
        throw new Failure(
            Failure.USAGE,
            "line " + number + " is longer than the " + MAX_LINE_BYTES + " bytes taken");
      }
    }
    return line.toByteArray();
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }
}
