package io.tallystick.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.LogStatistics;
import io.tallystick.index.TopActors;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.Answer;
import io.tallystick.service.query.EntryJson;
import io.tallystick.service.query.Overview;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.service.query.Timestamps;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * {@link Overview} over HTTP: {@code GET /api/audit/overview}, for a {@code since} and {@code
 * until}.
 */
public final class OverviewApi {
  private final Overview overview;
  private final IndexNotice notice;

  public OverviewApi(Overview overview, AuditIndex index) {
    this.overview = overview;
    this.notice = new IndexNotice(index);
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    Routes.get(
        routes,
        "/api/audit/overview",
        guard.guarded(Permission.ADMIN_AUDIT, (request, caller) -> answer(request)));
  }

  private void answer(Context request) throws IOException, InterruptedException {
    QueryParser.Period period = QueryParser.Period.of(Parameters.ofQuery(request.queryString()));
    Overview.Report report = overview.of(period.since(), period.until());
    notice.add(request);
    request.contentType(Answer.JSON);
    try (JsonGenerator out = EntryJson.generator(request.outputStream())) {
      out.writeStartObject();
      out.writeStringField("since", Timestamps.text(report.since()));
      out.writeStringField("until", Timestamps.text(report.until()));
      out.writeNumberField("bucket_seconds", report.width().toSeconds());
      out.writeArrayFieldStart("buckets");
      for (Overview.Bucket bucket : report.buckets()) {
        write(out, bucket);
      }
      out.writeEndArray();
      out.writeObjectFieldStart("failed_logins");
      out.writeNumberField("total", report.failed().total());
      actors(out, report.failed().actors());
      addresses(out, report.failed().addresses());
      out.writeEndObject();
      out.writeNumberField("last_id", report.lastId());
      out.writeNumberField("indexed_through", report.indexedThrough());
      out.writeEndObject();
    }
  }

  private static void write(JsonGenerator out, Overview.Bucket bucket) throws IOException {
    out.writeStartObject();
    out.writeStringField("start", bucket.start().toString());
    out.writeNumberField("total", bucket.total());
    out.writeObjectFieldStart("by_category");
    for (Map.Entry<String, Long> one : bucket.byCategory().entrySet()) {
      out.writeNumberField(one.getKey(), one.getValue());
    }
    out.writeEndObject();
    out.writeEndObject();
  }

  private static void actors(JsonGenerator out, List<LogStatistics.Actor> actors)
      throws IOException {
    out.writeArrayFieldStart("actors");
    for (LogStatistics.Actor actor : actors) {
      out.writeStartObject();
      EntryJson.number(out, "actor_id", actor.actorId());
      out.writeStringField("actor_username", actor.actorUsername());
      out.writeNumberField("count", actor.count());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void addresses(JsonGenerator out, List<TopActors.Address> addresses)
      throws IOException {
    out.writeArrayFieldStart("addresses");
    for (TopActors.Address address : addresses) {
      out.writeStartObject();
      out.writeStringField("actor_ip", address.actorIp());
      out.writeNumberField("count", address.count());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
