package io.tallystick.cli.command;

import io.tallystick.cli.backfill.RecordAppender;
import io.tallystick.cli.follow.Follow;
import io.tallystick.cli.input.EventBatches;
import io.tallystick.cli.input.EventDecoder;
import io.tallystick.cli.input.EventInputs;
import io.tallystick.cli.input.Place;
import io.tallystick.cli.mapping.MappingChoice;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.PersonalNames;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.ServerSource;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Interruptible;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.ingest.backfill.Translation;
import io.tallystick.ingest.mapping.Mapped;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally append}: events from files or a pipe into the log. */
@Command(
    name = "append",
    description = {
      "Append events: one JSON object a line, or JSON arrays, compressed with gzip or not; with"
          + " --map also lines of text.",
      "What a live pipe holds is written within a second. At the first event that is not valid the"
          + " command stops: the events before it are appended, and it prints how to go on. With"
          + " --partial it goes on by itself"
    })
public final class AppendCommand implements Callable<Integer> {
  /** A program that writes a log file may go on with it for a while after it was renamed. */
  private static final Duration FOLLOWED_AFTER_ROTATION = Duration.ofSeconds(30);

  private final Terminal terminal;
  @Mixin private final Where where = new Where();

  @Parameters(
      arity = "0..*",
      paramLabel = "FILE",
      description =
          "Files to append in this order, plain or compressed with gzip; - is standard input"
              + " (default: -)")
  private List<String> files = List.of();

  @Option(
      names = "--skip",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Skip the first N events of the first FILE, which an earlier run appended (default:"
              + " ${DEFAULT-VALUE})")
  private long skip;

  @Option(
      names = "--truncate",
      description = {
        "Append what would be refused for its text: cut what is too long, replace NUL and lone"
            + " surrogates, and put addresses that are none into actor_host; altered names the fields"
      })
  private boolean truncate;

  @Option(
      names = "--partial",
      description = {
        "Append the good events, print what is wrong with the others, and exit with 2 if there"
            + " were any"
      })
  private boolean partial;

  @Option(
      names = "--map",
      paramLabel = "MAPPING",
      description = {
        "Append events of another system: auto, a name of \"tally map list\", or a file ending in"
            + " .yaml. What can't be mapped is kept raw. Turns --truncate on"
      })
  private @Nullable String mapping;

  @Option(
      names = "--personal",
      paramLabel = "FIELD",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "With --data: field that is personal in every event, such as actor_username or"
              + " details.email; several with commas, or repeated. A server and its keys say so"
              + " themselves")
  private List<String> personal = List.of();

  @Option(
      names = "--follow",
      paramLabel = "LOGFILE",
      description =
          "Append the lines of this log file as they are written, each once, until a signal ends the"
              + " command; it may be rotated by renaming or by copying and truncating")
  private @Nullable Path followed;

  @Option(
      names = "--state",
      paramLabel = "FILE",
      description =
          "With --follow: file that keeps how far the log file has come (default:"
              + " ./tally-follow-NAME.json)")
  private @Nullable Path stateFile;

  private long appended;
  private final AtomicLong raw = new AtomicLong();
  private long replayed;
  private long rejected;
  private long lastId;
  private @Nullable Place lastAppended;
  private PersonalFields marks = PersonalFields.NONE;

  public AppendCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    if (skip < 0) {
      throw new Failure(Failure.USAGE, "--skip must be 0 or more, but was " + skip);
    }
    marks = new PersonalFields(PersonalNames.parse(personal));
    if (followed != null) {
      return follow(followed);
    }
    if (stateFile != null) {
      throw new Failure(Failure.USAGE, "--state works with --follow only");
    }
    List<String> names = files.isEmpty() ? List.of(EventInputs.STANDARD_INPUT) : files;
    EventInputs inputs = new EventInputs(names, skip, mapping != null);
    EventDecoder decoder = new EventDecoder(rules(), translation());
    EventBatches batches = new EventBatches();
    Interruptible.run(batches::stop, () -> appendAll(inputs, decoder, batches));
    return rejected == 0 ? 0 : Failure.USAGE;
  }

  private void appendAll(EventInputs inputs, EventDecoder decoder, EventBatches batches)
      throws IOException, InterruptedException {
    try {
      append(inputs, decoder, batches);
      terminal.out().println(summary());
      if (batches.isStopped()) {
        terminal.err().println("tally: stopped before the end of the input" + resume(inputs));
      }
    } catch (Failure e) {
      Failure complete =
          new Failure(e.exitCode(), e.getMessage() + " (" + summary() + resume(inputs) + ")");
      if (batches.isStopped()) {
        // The process may end before anybody else prints it.
        terminal.err().println("tally: " + Printable.of(String.valueOf(complete.getMessage())));
      }
      throw complete;
    } finally {
      terminal.out().flush();
    }
  }

  private int follow(Path file) throws Exception {
    if (!files.isEmpty() || skip > 0) {
      throw new Failure(Failure.USAGE, "--follow works without FILE and --skip");
    }
    Path path = file.toAbsolutePath().normalize();
    Path state =
        stateFile == null ? Path.of("tally-follow-" + path.getFileName() + ".json") : stateFile;
    Translation translation =
        mapping == null ? Translation.ofEvents() : new Translation(MappingChoice.of(mapping));
    try (Source source = where.source(terminal)) {
      checkPersonal(source);
      Follow follow =
          new Follow(
              path,
              state,
              new RecordAppender(translation, marks),
              source,
              where.shown(),
              note -> terminal.err().println("tally: " + note),
              FOLLOWED_AFTER_ROTATION);
      Interruptible.run(
          follow::stop,
          () -> {
            follow.run();
            terminal
                .out()
                .println(
                    "%,d entries appended; %,d lines kept raw"
                        .formatted(follow.appended(), follow.raw()));
            terminal.out().flush();
          });
      return 0;
    } catch (LogException e) {
      throw new Failure(Failure.UNREACHABLE, String.valueOf(e.getMessage()));
    }
  }

  private void checkPersonal(Source source) {
    if (!personal.isEmpty() && source instanceof ServerSource) {
      throw new Failure(
          Failure.USAGE,
          "--personal works with --data only: a server says it with \"tally serve --personal\", a"
              + " key with \"tally keys create --personal\", and an event with the field personal");
    }
  }

  private EventReader.Rules rules() {
    return new EventReader.Rules(1, truncate || mapping != null, partial, Entry.LOCAL);
  }

  /** What makes events of what is read. Loads what mappings need only if there is one. */
  private UnaryOperator<byte[]> translation() throws IOException {
    if (mapping == null) {
      return UnaryOperator.identity();
    }
    Translation translation = new Translation(MappingChoice.of(mapping));
    return original -> {
      Mapped mapped = translation.translate(original);
      raw.addAndGet(mapped.isRaw() ? 1 : 0);
      return mapped.json();
    };
  }

  private void append(EventInputs inputs, EventDecoder decoder, EventBatches batches)
      throws IOException, InterruptedException {
    try (Source source = where.source(terminal);
        ProgressBar bar = terminal.progressBar("appending")) {
      checkPersonal(source);
      inputs.readInto(batches, decoder);
      for (EventBatches.Batch batch = batches.take(); batch != null; batch = batches.take()) {
        append(batch, source);
        if (inputs.size() > 0) {
          bar.at(inputs.read(), inputs.size());
        }
      }
    } catch (LogException e) {
      throw new Failure(Failure.UNREACHABLE, String.valueOf(e.getMessage()));
    }
    Failure failure = batches.failure();
    if (failure != null) {
      throw failure;
    }
  }

  private void append(EventBatches.Batch batch, Source source)
      throws IOException, InterruptedException {
    List<EventBatches.Rejected> bad = new ArrayList<>(batch.rejected());
    if (!batch.events().isEmpty()) {
      Source.Appended result = appended(source, batch);
      appended += result.appended();
      replayed += result.replayed();
      lastId = Math.max(lastId, result.lastId());
      result.rejected().forEach((at, why) -> bad.add(rejected(batch.places().get(at), why)));
    }
    lastAppended = batch.last();
    report(bad);
  }

  private static EventBatches.Rejected rejected(Place place, List<String> reasons) {
    return new EventBatches.Rejected(
        place, reasons.stream().map(why -> place + ": " + Printable.of(why)).toList());
  }

  private void report(List<EventBatches.Rejected> bad) {
    rejected += bad.size();
    bad.sort(Comparator.comparing(EventBatches.Rejected::place));
    for (EventBatches.Rejected event : bad) {
      event.reasons().forEach(why -> terminal.err().println("tally: " + why));
    }
  }

  private Source.Appended appended(Source source, EventBatches.Batch batch)
      throws IOException, InterruptedException {
    try {
      List<Event> events =
          batch.events().stream().map(event -> marks.mark(event, List.of())).toList();
      return source.append(batch.texts(), events, rules());
    } catch (Failure e) {
      if (!e.isUnanswered()) {
        throw e;
      }
      throw new Failure(
          e.exitCode(),
          "%s, so the events from %s to line %d may or may not be in the log"
              .formatted(
                  e.getMessage(), batch.places().getFirst(), batch.places().getLast().line()));
    }
  }

  private String summary() {
    String summary =
        appended == 0
            ? "nothing was appended"
            : "%s appended, the last one is %,d"
                .formatted(Amount.of(appended, "entry", "entries"), lastId);
    if (replayed > 0) {
      summary += "; %,d already in the log (same event_id)".formatted(replayed);
    }
    if (raw.get() > 0) {
      summary += "; %,d kept raw, as ingest.unmapped".formatted(raw.get());
    }
    return rejected == 0 ? summary : summary + "; %,d rejected".formatted(rejected);
  }

  /** How to go on where this run ended. */
  private String resume(EventInputs inputs) {
    Place last = lastAppended;
    if (last == null) {
      return "";
    }
    List<String> rest = inputs.from(last.index());
    return "; to go on after %s: tally append --skip %d %s"
        .formatted(last, last.number(), String.join(" ", rest));
  }
}
