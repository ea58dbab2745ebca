package io.tallystick.http.api;

import io.tallystick.forward.SinkStatus;
import io.tallystick.ingest.Intake;
import io.tallystick.service.Limit;
import io.tallystick.service.append.AppendResult;
import io.tallystick.service.witness.WitnessFeeder;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What the server counts, in the text format of Prometheus 0.0.4. Safe for any number of threads.
 */
public final class Metrics {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** Upper bounds of the histogram's buckets. */
  private static final double[] BOUNDS_SECONDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
  };

  private final LongAdder appendedEvents = new LongAdder();
  private final LongAdder replayedEvents = new LongAdder();
  private final LongAdder rejectedEvents = new LongAdder();
  private final LongAdder appends = new LongAdder();
  private final Map<Integer, LongAdder> refusedAppends = new ConcurrentSkipListMap<>();
  private final Map<Limited, LongAdder> limitedRequests = new ConcurrentHashMap<>();
  private final Map<Integer, LongAdder> requests = new ConcurrentSkipListMap<>();
  private final AtomicLongArray durations = new AtomicLongArray(BOUNDS_SECONDS.length + 1);
  private final LongAdder durationNanos = new LongAdder();
  private final Map<String, ReceiverFigures> receivers = new ConcurrentSkipListMap<>();
  private final Map<String, LongSupplier> ports = new ConcurrentSkipListMap<>();

  /** A key that reached a limit. */
  private record Limited(String key, Limit limit) {}

  /** A receiver: what became of its documents, and whether it can append. */
  private record ReceiverFigures(Supplier<Intake.Counts> counts, BooleanSupplier ready) {}

  /**
   * A request to append was answered with receipts.
   *
   * @param rejected how many of its events were left out
   */
  public void appended(AppendResult written, int rejected) {
    appends.increment();
    appendedEvents.add(written.appended());
    replayedEvents.add(written.replayed());
    rejectedEvents.add(rejected);
  }

  /** A request to append was answered with this status, and it is not known to be written. */
  public void refused(int status) {
    refusedAppends.computeIfAbsent(status, any -> new LongAdder()).increment();
  }

  /** The key with this name had its share of what all share, and wanted more. */
  public void limited(String key, Limit limit) {
    limitedRequests.computeIfAbsent(new Limited(key, limit), any -> new LongAdder()).increment();
  }

  /**
   * There is a receiver with this name.
   *
   * @param counts what became of its documents
   * @param ready whether there is a key that may append for it
   */
  public void receiver(String name, Supplier<Intake.Counts> counts, BooleanSupplier ready) {
    receivers.put(name, new ReceiverFigures(counts, ready));
  }

  /** The receiver with this name has a port of its own, and refused so many connections. */
  public void port(String name, LongSupplier refused) {
    ports.put(name, refused);
  }

  /** A request of any kind was answered. */
  public void answered(int status, Duration duration) {
    requests.computeIfAbsent(status, any -> new LongAdder()).increment();
    double seconds = duration.toNanos() / 1e9;
    int bucket = 0;
    while (bucket < BOUNDS_SECONDS.length && seconds > BOUNDS_SECONDS[bucket]) {
      bucket++;
    }
    durations.incrementAndGet(bucket);
    durationNanos.add(duration.toNanos());
  }

  /**
   * All figures, as they are now.
   *
   * @param lastId of the log
   * @param indexedThrough of the index
   * @param up whether the log accepts appends
   * @param freeBytes on the log's device
   * @param witnesses how the witnesses answered
   * @param sinks how forwarding goes
   */
  String text(
      long lastId,
      long indexedThrough,
      boolean up,
      long freeBytes,
      WitnessFeeder.Figures witnesses,
      List<SinkStatus> sinks) {
    StringBuilder out = new StringBuilder(4_096);
    one(out, "log_entries", "gauge", "Id of the newest acknowledged entry.", lastId);
    one(out, "log_up", "gauge", "1 while the log accepts appends.", up ? 1 : 0);
    one(out, "free_bytes", "gauge", "Free space on the log's device.", freeBytes);
    one(
        out,
        "index_lag_entries",
        "gauge",
        "Acknowledged entries that the index cannot find yet.",
        Math.max(0, lastId - indexedThrough));
    if (witnesses.witnesses() > 0) {
      witnesses(out, witnesses);
    }
    ForwardingMetrics.append(out, sinks);
    one(out, "appends_total", "counter", "Answered requests to append.", appends.sum());
    one(
        out,
        "appended_events_total",
        "counter",
        "Events appended for clients.",
        appendedEvents.sum());
    one(
        out,
        "replayed_events_total",
        "counter",
        "Events that were in the log already, by their event_id.",
        replayedEvents.sum());
    one(
        out,
        "rejected_events_total",
        "counter",
        "Events that were left out of a request whose other events were accepted.",
        rejectedEvents.sum());
    byStatus(
        out,
        "refused_appends_total",
        "Requests to append that were refused or not acknowledged in time.",
        refusedAppends);
    limited(out);
    if (!receivers.isEmpty()) {
      received(out);
    }
    byStatus(out, "http_requests_total", "Requests by the status of the answer.", requests);
    histogram(out);
    return out.toString();
  }

  private static void witnesses(StringBuilder out, WitnessFeeder.Figures figures) {
    one(out, "witnesses", "gauge", "Witnesses that are asked to sign.", figures.witnesses());
    one(
        out,
        "cosigned_entries",
        "gauge",
        "Entries under the newest checkpoint that a witness signed.",
        figures.size());
    one(
        out,
        "witness_failures_total",
        "counter",
        "Times that a witness did not sign.",
        figures.failures());
    one(
        out,
        "witness_contradictions_total",
        "counter",
        "Times that a witness had seen another history of this log.",
        figures.contradictions());
  }

  static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP tallystick_").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE tallystick_").append(name).append(' ').append(type).append('\n');
  }

  private static void one(StringBuilder out, String name, String type, String help, long value) {
    head(out, name, type, help);
    out.append("tallystick_").append(name).append(' ').append(value).append('\n');
  }

  private static void byStatus(
      StringBuilder out, String name, String help, Map<Integer, LongAdder> counts) {
    head(out, name, "counter", help);
    counts.forEach((status, count) ->
        out.append("tallystick_" + name + "{status=\"" + status + "\"} " + count.sum() + "\n"));
  }

  private void limited(StringBuilder out) {
    String name = "limited_requests_total";
    head(out, name, "counter", "Times that a key had its share of a limit and wanted more.");
    limitedRequests.forEach((limited, count) ->
        out.append("tallystick_" + name + "{limit=\"" + limited.limit() + "\",key=\"")
            .append(escaped(limited.key()))
            .append("\"} " + count.sum() + "\n"));
  }

  private void received(StringBuilder out) {
    String name = "received_documents_total";
    head(out, name, "counter", "Documents of other systems, by what became of them.");
    receivers.forEach((receiver, received) -> {
      Intake.Counts now = received.counts.get();
      Map<String, Long> outcomes =
          Map.of(
              "altered", now.altered(), "mapped", now.mapped() - now.altered(), "raw", now.raw());
      new TreeMap<>(outcomes)
          .forEach((outcome, count) ->
              out.append("tallystick_" + name + "{receiver=\"" + receiver + "\",outcome=\"")
                  .append(outcome + "\"} " + count + "\n"));
    });
    head(out, "receiver_up", "gauge", "1 while the receiver's key may append.");
    receivers.forEach((receiver, received) ->
        labelled(out, "receiver_up", receiver, received.ready.getAsBoolean() ? 1 : 0));
    if (!ports.isEmpty()) {
      head(out, "refused_connections_total", "counter", "Connections to syslog's ports refused.");
      ports.forEach((receiver, refused) ->
          labelled(out, "refused_connections_total", receiver, refused.getAsLong()));
    }
  }

  private static void labelled(StringBuilder out, String name, String receiver, long value) {
    out.append("tallystick_" + name + "{receiver=\"" + receiver + "\"} " + value + "\n");
  }

  /** As the text format has it in a label. */
  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private void histogram(StringBuilder out) {
    String name = "http_request_duration_seconds";
    head(out, name, "histogram", "Time from a request's first byte to the end of its answer.");
    long sum = 0;
    for (int i = 0; i <= BOUNDS_SECONDS.length; i++) {
      sum += durations.get(i);
      String bound = i == BOUNDS_SECONDS.length ? "+Inf" : Double.toString(BOUNDS_SECONDS[i]);
      out.append("tallystick_" + name + "_bucket{le=\"" + bound + "\"} " + sum + "\n");
    }
    out.append(
        String.format(Locale.ROOT, "tallystick_%s_sum %.6f\n", name, durationNanos.sum() / 1e9));
    out.append("tallystick_" + name + "_count " + sum + "\n");
  }
}
