package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.Actor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;

/** A real log that one sink, called archive, takes to a store, with a marker every second. */
public final class Archived implements AutoCloseable {
  private static final String SINK = "archive";

  private final Path directory;
  private final ForwardingLog log;

  /**
   * Begins to forward.
   *
   * @param orders so many entries are appended before
   * @param settings of the sink as lines of YAML, without its name
   */
  public Archived(Path directory, int orders, String settings) throws Exception {
    this.directory = directory;
    log = new ForwardingLog(directory);
    log.append("order.placed", orders);
    String marker = settings.contains("marker_seconds") ? "" : "    marker_seconds: 1\n";
    log.start("sinks:\n  - name: " + SINK + "\n" + settings.indent(4) + marker);
  }

  /** Appends events of a type. */
  public void append(String type, int count) throws Exception {
    log.append(type, count);
  }

  /** Waits until everything was sent. */
  public void awaitDone() throws Exception {
    log.awaitDone(SINK);
  }

  /** Waits for something. */
  public void await(Callable<Boolean> condition) throws Exception {
    ForwardingLog.await(condition);
  }

  /** Objects without a proof, or entries that were not sent yet. */
  public long unproved() throws IOException {
    Path ledger = folder().resolve("objects");
    if (log.forwarding().status(SINK).lagEntries() > 0 || !Files.exists(ledger)) {
      return Long.MAX_VALUE;
    }
    List<String> lines = Files.readAllLines(ledger);
    long sent = lines.stream().filter(line -> line.matches("[0-9]{19}-[^ ]*gz [^ ]+")).count();
    long proved =
        lines.stream()
            .filter(line -> line.matches("[^ ]+ [^ ]+ [0-9]+"))
            .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
    return sent - proved;
  }

  /** The sink's folder in the data directory. */
  public Path folder() {
    return directory.resolve("data/forward/" + SINK);
  }

  /** The log's key. */
  public String verifierKey() {
    return log.log.reader().identity().verifierKeys().getFirst();
  }

  /** Compares. */
  public ReconciliationReport reconcile() throws Exception {
    ReconciliationReport report = log.forwarding().reconcile(SINK, null, false, Actor.SERVER);
    assertThat(report.by()).isEqualTo("query");
    return report;
  }

  public LastReconciliation lastReconciliation() throws IOException {
    return Objects.requireNonNull(log.forwarding().status(SINK).reconciliation());
  }

  public String condition() throws IOException {
    return log.forwarding().status(SINK).condition();
  }

  public String reason() throws IOException {
    return String.valueOf(log.forwarding().status(SINK).reason());
  }

  @Override
  public void close() throws IOException {
    log.close();
  }
}
