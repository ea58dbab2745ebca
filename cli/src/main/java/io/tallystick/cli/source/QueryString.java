package io.tallystick.cli.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.index.AuditQuery;
import io.tallystick.service.answer.Timestamps;
import io.tallystick.service.query.CheckpointQuery;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.SourceQuery;
import io.tallystick.service.query.TypeQuery;
import io.tallystick.service.query.VerifyQuery;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The query of a URL, from what it asks for. Used by one thread. */
final class QueryString {
  private final List<String> parameters = new ArrayList<>();

  /** The filters, cursors and order of a query, without its page. */
  static QueryString of(AuditQuery query) {
    QueryString all = new QueryString();
    query.eventTypes().forEach(type -> all.add("event_type", type));
    query.texts().forEach((field, text) -> all.add(field.toString(), text));
    query.details().forEach((path, value) -> all.add("details." + path, value));
    return all.add("q", query.words())
        .add("severity_min", query.severityMin())
        .add("actor_ip", query.actorIp())
        .add("security", query.security())
        .add("since", "until", query.recorded().since(), query.recorded().until())
        .add("occurred_since", "occurred_until", query.occurred().since(), query.occurred().until())
        .add("before_id", query.beforeId())
        .add("after_id", query.afterId())
        .add("order", query.ascending() ? "asc" : "desc");
  }

  static QueryString of(Period period) {
    return new QueryString().add(period);
  }

  static QueryString of(TypeQuery query) {
    return new QueryString().add("limit", query.limit()).add("after", query.after());
  }

  static QueryString of(SourceQuery query) {
    return of(query.period()).add("source", query.source());
  }

  static QueryString of(VerifyQuery query) {
    return new QueryString()
        .add("start_id", query.startId())
        .add("end_id", query.endId())
        .add("strict", query.strict() ? true : null)
        .add("quick", query.quick() ? true : null);
  }

  static QueryString of(CheckpointQuery query) {
    return of(query.period()).add("before_size", query.beforeSize()).add("limit", query.limit());
  }

  /** A parameter, unless its value is {@code null}. */
  QueryString add(String name, @Nullable Object value) {
    if (value != null) {
      parameters.add(
          URLEncoder.encode(name, UTF_8) + "=" + URLEncoder.encode(value.toString(), UTF_8));
    }
    return this;
  }

  private QueryString add(Period period) {
    return add("since", "until", period.since(), period.until());
  }

  /** The API includes the instant {@code until}; a period ends before its own. */
  private QueryString add(
      String sinceName, String untilName, @Nullable Instant since, @Nullable Instant until) {
    return add(sinceName, since == null ? null : Timestamps.text(since))
        .add(untilName, until == null ? null : Timestamps.text(until.minusNanos(1)));
  }

  /** With the question mark; empty if there is no parameter. */
  @Override
  public String toString() {
    return parameters.isEmpty() ? "" : "?" + String.join("&", parameters);
  }
}
