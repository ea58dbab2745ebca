package io.tallystick.http.api;

import io.tallystick.forward.LastReconciliation;
import io.tallystick.forward.SinkStatus;
import java.time.Instant;
import java.util.List;
import java.util.function.ToLongFunction;

/** What is counted of forwarding, in the text format of Prometheus. */
final class ForwardingMetrics {
  private ForwardingMetrics() {}

  /** Adds the figures of all sinks; none if there is no sink. */
  static void append(StringBuilder out, List<SinkStatus> sinks) {
    if (sinks.isEmpty()) {
      return;
    }
    each(
        out,
        sinks,
        "running",
        "gauge",
        "1 while the sink runs.",
        sink -> sink.condition().equals("running") ? 1 : 0);
    each(
        out,
        sinks,
        "lag_entries",
        "gauge",
        "Entries that were not looked at yet.",
        SinkStatus::lagEntries);
    each(out, sinks, "lag_seconds", "gauge", "Age of the oldest of them.", SinkStatus::lagSeconds);
    each(out, sinks, "forwarded_entries_total", "counter", "Entries forwarded.", SinkStatus::seq);
    each(
        out,
        sinks,
        "errors_total",
        "counter",
        "Failures since the server started.",
        SinkStatus::errors);
    each(
        out,
        sinks,
        "dead_letters",
        "gauge",
        "Entries that the receiver refused for good.",
        SinkStatus::deadLetters);
    List<SinkStatus> compared =
        sinks.stream().filter(sink -> sink.reconciliation() != null).toList();
    if (!compared.isEmpty()) {
      reconciled(out, compared);
    }
  }

  private static void reconciled(StringBuilder out, List<SinkStatus> sinks) {
    String time = "reconciliation_timestamp_seconds";
    head(out, time, "gauge", "When what the receiver holds was compared last.");
    String found = "reconciliation_problems";
    StringBuilder problems = new StringBuilder();
    head(problems, found, "gauge", "What that found.");
    for (SinkStatus sink : sinks) {
      LastReconciliation last = sink.reconciliation();
      if (last != null) {
        line(out, time, sink.name(), "", Instant.parse(last.at()).getEpochSecond());
        line(problems, found, sink.name(), ",kind=\"missing\"", last.missing());
        line(problems, found, sink.name(), ",kind=\"duplicated\"", last.duplicated());
        line(problems, found, sink.name(), ",kind=\"altered\"", last.altered());
        line(problems, found, sink.name(), ",kind=\"unknown\"", last.unknown());
        line(problems, found, sink.name(), ",kind=\"tampered\"", last.tampered());
      }
    }
    out.append(problems);
  }

  private static void each(
      StringBuilder out,
      List<SinkStatus> sinks,
      String name,
      String type,
      String help,
      ToLongFunction<SinkStatus> value) {
    head(out, name, type, help);
    for (SinkStatus sink : sinks) {
      line(out, name, sink.name(), "", value.applyAsLong(sink));
    }
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    Metrics.head(out, "forward_" + name, type, help);
  }

  /** Names of sinks have no character that a label has to escape. */
  private static void line(StringBuilder out, String name, String sink, String more, long value) {
    out.append("tallystick_forward_" + name + "{sink=\"" + sink + "\"" + more + "} " + value)
        .append('\n');
  }
}
