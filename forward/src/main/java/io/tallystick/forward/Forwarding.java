package io.tallystick.forward;

import io.tallystick.forward.reconcile.InvalidExportException;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.Actor;
import io.tallystick.service.Chore;
import io.tallystick.service.query.LogView;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Uninterruptibly;
import io.tallystick.store.files.BackgroundThread;
import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The sinks of a log, from {@link #start} to {@link #close}. Safe for any number of threads. A
 * method that is given the name of a sink throws {@link IllegalArgumentException} if there is none,
 * see {@link #has}.
 */
public final class Forwarding implements AutoCloseable {
  private static final Duration LOOK_EVERY = Duration.ofSeconds(30);

  private final LogView view;
  private final ForwardingEvents events;
  private final Map<String, Forwarder> sinks = new LinkedHashMap<>();
  private final Map<String, Semaphore> turns = new LinkedHashMap<>();
  private @Nullable Thread schedule;

  private Forwarding(LogView view, ForwardingEvents events) {
    this.view = view;
    this.events = events;
  }

  /**
   * Begins to forward. Each sink has a thread; a receiver that can't be reached delays nothing.
   *
   * @throws IOException if a folder of a sink can't be read or made
   */
  public static Forwarding start(ForwardingFile file, AuditLog log, AuditIndex index)
      throws IOException {
    Forwarding forwarding =
        new Forwarding(LogView.whole(log.reader(), index), new ForwardingEvents(log));
    for (SinkConfig config : file.sinks()) {
      Path folder = log.reader().directory().forwarding().resolve(config.name());
      OwnerOnly.createDirectories(folder);
      forwarding.sinks.put(
          config.name(),
          new Forwarder(config.in(folder), forwarding.view, folder, forwarding.events));
      forwarding.turns.put(config.name(), new Semaphore(1));
    }
    forwarding.sinks.values().forEach(Forwarder::start);
    Duration shortest = null;
    for (SinkConfig config : file.sinks()) {
      Duration every = config.reconcileEvery();
      if (every != null && (shortest == null || every.compareTo(shortest) < 0)) {
        shortest = every;
      }
    }
    if (shortest != null) {
      forwarding.schedule(shortest);
    }
    return forwarding;
  }

  /** Whether there is a sink of this name. */
  public boolean has(String sink) {
    return sinks.containsKey(sink);
  }

  /** How every sink is, in the order of the file. */
  public List<SinkStatus> status() throws IOException {
    List<SinkStatus> all = new ArrayList<>();
    for (Forwarder sink : sinks.values()) {
      all.add(sink.status());
    }
    return all;
  }

  /** How a sink is. */
  public SinkStatus status(String sink) throws IOException {
    return find(sink).status();
  }

  private Forwarder find(String sink) {
    Forwarder found = sinks.get(sink);
    if (found == null) {
      throw new IllegalArgumentException("there is no sink " + sink);
    }
    return found;
  }

  /** What somebody should look after, as a sentence that strangers may read; empty if nothing. */
  public Optional<String> warning() {
    long degraded = sinks.values().stream().filter(Forwarder::isDegraded).count();
    return degraded == 0
        ? Optional.empty()
        : Optional.of(
            "forwarding needs attention: %d of %d sinks".formatted(degraded, sinks.size()));
  }

  /** Stops a sink until it is resumed, across restarts. */
  public SinkStatus pause(String sink, Actor actor) throws IOException, InterruptedException {
    Forwarder found = find(sink);
    found.pause(actor);
    return found.status();
  }

  /** Lets a sink go on that was paused, disabled or stopped. */
  public SinkStatus resume(String sink, Actor actor) throws IOException, InterruptedException {
    Forwarder found = find(sink);
    found.resume(actor);
    return found.status();
  }

  /** Entries that the receiver refused for good, in the order of their {@code seq}. */
  public List<DeadLetter> deadLetters(String sink, long afterSeq, int limit) {
    return find(sink).deadLetters().list(afterSeq, limit);
  }

  /**
   * Sends the dead letters again.
   *
   * @return how many were taken; the others stay
   * @throws NotRunningException if the sink does not run
   */
  public long drain(String sink, Actor actor) throws IOException, InterruptedException {
    Forwarder found = find(sink);
    long taken = found.errandOfRunning(found.courier()::drain);
    int left = found.deadLetters().count();
    events.record(
        ForwardingEvents.DRAINED,
        sink,
        actor,
        left == 0,
        out -> {
          out.writeNumberField("drained", taken);
          out.writeNumberField("left", left);
        });
    return taken;
  }

  /** Whether a sink's receiver can be asked what it holds. */
  public boolean canQuery(String sink) {
    return find(sink).config().type().isQueryable();
  }

  /** As the other one, of an export through the newest entry that it has. */
  public ReconciliationReport reconcile(
      String sink, @Nullable Inventory export, boolean resend, Actor actor)
      throws IOException, InterruptedException {
    return reconcile(sink, export, 0, resend, actor);
  }

  /**
   * Compares what a receiver holds with the log, and records the outcome.
   *
   * @param export of the receiver; {@code null} to ask it
   * @param throughSeq how far an export is compared at least; 0 for no further than the newest
   *     entry that it has
   * @param resend whether to send again what is missing
   * @throws InvalidExportException if the export is none; then nothing is recorded or sent
   * @throws BusyException if one of the sink is under way
   * @throws NotRunningException if something is to be sent and the sink does not run
   */
  public ReconciliationReport reconcile(
      String sink, @Nullable Inventory export, long throughSeq, boolean resend, Actor actor)
      throws IOException, InterruptedException {
    Forwarder found = find(sink);
    Semaphore turn = Objects.requireNonNull(turns.get(sink));
    if (!turn.tryAcquire()) {
      throw new BusyException(sink);
    }
    try {
      ReconciliationReport report = compare(found, export, throughSeq, resend);
      found.reconciled(report.last());
      events.record(
          ForwardingEvents.RECONCILED,
          sink,
          actor,
          report.complete(),
          out -> ForwardingEvents.report(out, report));
      return report;
    } finally {
      turn.release();
    }
  }

  private ReconciliationReport compare(
      Forwarder sink, @Nullable Inventory export, long throughSeq, boolean resend)
      throws IOException, InterruptedException {
    SinkConfig config = sink.config();
    Courier courier = sink.courier();
    Reconciliation reconciliation =
        new Reconciliation(config, view, courier.records(), courier.checkedPosition());
    ReconciliationReport report;
    if (export == null) {
      try (Inventory asked = config.type().inventory(config.settings())) {
        if (asked == null) {
          throw new IllegalArgumentException("the receiver can't be asked");
        }
        report = reconciliation.compare(asked);
      }
    } else {
      report = reconciliation.compareExport(export, throughSeq);
    }
    if (!resend) {
      return report;
    }
    return report.withResent(
        sink.errandOfRunning(
            () -> courier.resend(reconciliation.missingIds(), reconciliation.sent())));
  }

  /** Another reconciliation of the sink is under way. */
  public static final class BusyException extends IOException {
    private static final long serialVersionUID = 1L;

    BusyException(String sink) {
      super("sink " + sink + " is being reconciled; wait for that to end");
    }
  }

  private void schedule(Duration shortest) {
    Duration look = shortest.compareTo(LOOK_EVERY) < 0 ? shortest : LOOK_EVERY;
    schedule =
        Thread.ofPlatform()
            .name("tally-forward-reconcile")
            .daemon()
            .start(() -> reconcileWhenDue(look));
  }

  private void reconcileWhenDue(Duration look) {
    BackgroundThread.enter();
    try {
      while (true) {
        Thread.sleep(look);
        for (Forwarder sink : sinks.values()) {
          if (isDue(sink)) {
            Chore.attempt(
                "reconciling sink " + sink.config().name(),
                () -> {
                  var _ = reconcile(sink.config().name(), null, false, Actor.SERVER);
                });
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isDue(Forwarder sink) {
    Duration every = sink.config().reconcileEvery();
    LastReconciliation last = sink.lastReconciliation();
    return every != null
        && (last == null || Instant.parse(last.at()).plus(every).isBefore(Instant.now()));
  }

  /** Stops all sinks, each where it is. */
  @Override
  public void close() {
    Thread running = schedule;
    if (running != null) {
      running.interrupt();
      Uninterruptibly.join(running);
    }
    sinks.values().forEach(Forwarder::stop);
    sinks.values().forEach(Forwarder::close);
  }
}
