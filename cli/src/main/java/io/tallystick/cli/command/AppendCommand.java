package io.tallystick.cli.command;

import io.tallystick.cli.input.EventBatches;
import io.tallystick.cli.input.EventInputs;
import io.tallystick.cli.input.Place;
import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally append}: events from files or a pipe into the log. */
@Command(
    name = "append",
    description = {
      "Append events: one JSON object a line, or JSON arrays, compressed with gzip or not.",
      "What a live pipe holds is written within a second. At the first event that is not valid the"
          + " command stops: the events before it are appended, and it prints how to go on"
    })
public final class AppendCommand implements Callable<Integer> {
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

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

  private long appended;
  private long replayed;
  private long lastId;
  private @Nullable Place lastAppended;

  public AppendCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    if (skip < 0) {
      throw new Failure(Failure.USAGE, "--skip must be 0 or more, but was " + skip);
    }
    EventInputs inputs =
        new EventInputs(
            files.isEmpty() ? List.of(EventInputs.STANDARD_INPUT) : files, skip, truncate);
    EventBatches batches = new EventBatches();
    CountDownLatch finished = new CountDownLatch(1);
    Thread stop = Thread.ofPlatform().name("tally-stop").unstarted(() -> stop(batches, finished));
    Runtime.getRuntime().addShutdownHook(stop);
    try {
      append(inputs, batches);
      terminal.out().println(summary());
      if (batches.isStopped()) {
        terminal.err().println("tally: stopped before the end of the input" + resume(inputs));
      }
      return 0;
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
      finished.countDown();
      removeHook(stop);
    }
  }

  /** Runs when a signal ends the process: what was read is appended first. */
  private static void stop(EventBatches batches, CountDownLatch finished) {
    batches.stop();
    try {
      boolean _ = finished.await(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void removeHook(Thread stop) {
    try {
      Runtime.getRuntime().removeShutdownHook(stop);
    } catch (IllegalStateException e) {
      // The process is ending, and the hook is what waited for this.
    }
  }

  private void append(EventInputs inputs, EventBatches batches)
      throws IOException, InterruptedException {
    try (Source source = where.source(terminal);
        ProgressBar bar = terminal.progressBar("appending")) {
      inputs.readInto(batches);
      for (EventBatches.Batch batch = batches.take(); batch != null; batch = batches.take()) {
        Source.Appended result = appended(source, batch);
        appended += result.appended();
        replayed += result.replayed();
        lastId = Math.max(lastId, result.lastId());
        lastAppended = batch.last();
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

  private Source.Appended appended(Source source, EventBatches.Batch batch)
      throws IOException, InterruptedException {
    try {
      return source.append(batch.texts(), batch.events(), truncate);
    } catch (Failure e) {
      if (!e.isUnanswered()) {
        throw e;
      }
      throw new Failure(
          e.exitCode(),
          "%s, so the events from %s to line %d may or may not be in the log"
              .formatted(e.getMessage(), batch.first(), batch.last().line()));
    }
  }

  private String summary() {
    String summary =
        appended == 0
            ? "nothing was appended"
            : "%,d %s appended, the last one is %,d"
                .formatted(appended, appended == 1 ? "entry" : "entries", lastId);
    return replayed == 0
        ? summary
        : summary + "; %,d already in the log (same event_id)".formatted(replayed);
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
