package io.tallystick.cli.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.index.AuditQuery;
import io.tallystick.service.answer.Timestamps;
import io.tallystick.service.query.CheckpointQuery;
import io.tallystick.service.query.Period;
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
    return all.add("actor_id", query.actorId())
        .add("actor_username", query.actorUsername())
        .add("actor_ip", query.actorIp())
        .add("target_type", query.targetType())
        .add("target_id", query.targetId())
        .add("request_id", query.requestId())
        .add("source", query.source())
        .add("security", query.security())
        .add(new Period(query.since(), query.until()))
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
      parameters.add(name + "=" + URLEncoder.encode(value.toString(), UTF_8));
    }
    return this;
  }

  /** The API includes the instant {@code until}; a period ends before its own. */
  private QueryString add(Period period) {
    Instant since = period.since();
    Instant until = period.until();
    return add("since", since == null ? null : Timestamps.text(since))
        .add("until", until == null ? null : Timestamps.text(until.minusNanos(1)));
  }

  /** With the question mark; empty if there is no parameter. */
  @Override
  public String toString() {
    return parameters.isEmpty() ? "" : "?" + String.join("&", parameters);
  }
}
