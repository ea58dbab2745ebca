package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.Actor;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A real log whose entries its forwarding takes to a receiver of others, and compares with what
 * that receiver holds.
 */
public final class Reconciled implements AutoCloseable {
  private final AuditLog log;
  private final AuditIndex index;
  private final Forwarding forwarding;
  private final String sink;
  private final int entries;

  /**
   * Forwards 100 entries, and waits for it.
   *
   * @param settings of the one sink as lines of YAML, but for its name
   */
  public Reconciled(Path directory, String sink, String settings) throws Exception {
    this(directory, sink, settings, 100);
    awaitSent();
  }

  /** Begins to forward so many entries. */
  public Reconciled(Path directory, String sink, String settings, int entries) throws Exception {
    this.sink = sink;
    this.entries = entries;
    log = AuditLog.open(directory.resolve("log-" + sink), LogConfig.defaults());
    index = AuditIndex.open(log.reader(), log.reader().directory().index());
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < entries; i++) {
      events.add(
          Event.builder("order.placed")
              .actorUsername("user-" + i)
              .details(Details.parse("{\"price\":1.50,\"e\":1E5,\"big\":12345678901234567890}"))
              .build());
      if (events.size() == 1_000 || i == entries - 1) {
        Futures.from(log.append(events, "test"));
        events = new ArrayList<>();
      }
    }
    String yaml =
        "sinks:\n  - name: "
            + sink
            + "\n    filter: {event_type: order.placed}\n"
            + settings.indent(4);
    forwarding =
        Forwarding.start(
            ForwardingFile.parse("forward.yaml", yaml, log.reader().identity().origin(), directory),
            log,
            index);
  }

  /** Waits until the receiver acknowledged all. */
  public void awaitSent() throws Exception {
    ForwardingLog.await(() -> seq() == entries);
  }

  /** How far the receiver acknowledged. */
  public long seq() throws IOException {
    return forwarding.status(sink).seq();
  }

  /** Compares, and sends what is missing again if that is wanted. */
  public ReconciliationReport reconcile(boolean resend) throws Exception {
    return forwarding.reconcile(sink, null, resend, Actor.SERVER);
  }

  /** Everything is there, with every number as it was. */
  public void assertComplete() throws Exception {
    ReconciliationReport report = reconcile(false);
    assertThat(report.missingRecords()).isEmpty();
    assertThat(report.alteredRecords()).isEmpty();
    assertThat(report.complete()).isTrue();
    assertThat(report.expected()).isEqualTo(entries);
    assertThat(report.uncompared()).isZero();
  }

  /** The seqs of what was named. */
  public static List<Long> seqs(List<ReconciliationReport.Named> named) {
    return named.stream().map(ReconciliationReport.Named::seq).toList();
  }

  @Override
  public void close() throws IOException {
    forwarding.close();
    index.close();
    log.close();
  }
}
