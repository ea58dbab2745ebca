package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.auth.SecurityEvents;
import io.tallystick.http.wire.Bytes;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.export.CountedAnswer;
import io.tallystick.service.export.ExportFormat;
import io.tallystick.service.export.ExportRecord;
import io.tallystick.service.export.ExportService;
import io.tallystick.service.query.CheckpointSource;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.service.query.QueryService;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.util.List;

/**
 * The endpoints that read the log (docs/http-api.md, Reading entries): the answers of {@link
 * QueryService}, each at its path.
 */
public final class ReadingApi {
  private static final String PATH = "/api/audit";

  private final QueryService queries;
  private final ExportService exports;
  private final CheckpointSource sealing;
  private final SecurityEvents events;
  private final IndexNotice notice;

  /**
   * @param sealing seals the log before each export
   * @param events records each export
   * @param index that the answers come from; a header tells when it is behind
   */
  public ReadingApi(
      QueryService queries,
      ExportService exports,
      CheckpointSource sealing,
      SecurityEvents events,
      AuditIndex index) {
    this.queries = queries;
    this.exports = exports;
    this.sealing = sealing;
    this.events = events;
    this.notice = new IndexNotice(index);
  }

  /** Reads parameters, and gives the answer to them. */
  @FunctionalInterface
  private interface Query {
    Object answer(Parameters given) throws IOException, InterruptedException;
  }

  public void register(RoutesConfig routes, Authenticator keys) {
    add(routes, keys, "", given -> queries.entries(QueryParser.list(given)));
    add(routes, keys, "/security", given -> queries.entries(QueryParser.security(given)));
    add(routes, keys, "/types", given -> queries.types(QueryParser.types(given)));
    add(routes, keys, "/stats", given -> queries.statistics(QueryParser.period(given)));
    add(
        routes,
        keys,
        "/horizon",
        given -> {
          given.only(List.of());
          return queries.horizon();
        });
    get(routes, keys, "/export", this::export);
    get(routes, keys, "/user/{user_id}", (request, caller) -> user(request));
    get(routes, keys, "/entries/{id}", (request, caller) -> entry(request));
  }

  private void user(Context request) throws IOException, InterruptedException {
    long id = Parameters.number("user_id", request.pathParam("user_id"), 0, Long.MAX_VALUE);
    Parameters given = Parameters.ofQuery(request.queryString());
    EntryPage page = queries.entries(QueryParser.user(id, given));
    notice.add(request);
    JsonObjects.answer(request, page);
  }

  /** The log records every export, whether it reaches its end or not. */
  private void export(Context request, Caller caller) throws IOException, InterruptedException {
    Parameters given = Parameters.ofQuery(request.queryString());
    AuditQuery query = QueryParser.export(given);
    ExportFormat format = ExportFormat.of(given);
    sealing.newest();
    CountedAnswer answer = exports.export(query, format);
    ExportRecord export = ExportRecord.of(given);
    request.contentType(answer.contentType());
    if (request.method().equals(HandlerType.HEAD)) {
      return;
    }
    boolean complete = false;
    try {
      answer.writeTo(request.outputStream());
      complete = true;
    } finally {
      events.exported(caller, request.userAgent(), export, answer.entries(), complete);
    }
  }

  private void entry(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    StoredEntry entry =
        queries
            .entry(Parameters.number("id", request.pathParam("id"), 1, Long.MAX_VALUE))
            .orElseThrow(() -> Problem.of(404, "There is no entry with this id.").thrown());
    String accept = request.header("Accept");
    if (accept != null && accept.contains(Bytes.BINARY)) {
      Bytes.answer(request, Bytes.BINARY, entry.bytes());
    } else {
      JsonObjects.answer(request, EntryView.of(entry));
    }
  }

  private void add(RoutesConfig routes, Authenticator keys, String path, Query query) {
    get(
        routes,
        keys,
        path,
        (request, caller) -> {
          Object answer = query.answer(Parameters.ofQuery(request.queryString()));
          notice.add(request);
          JsonObjects.answer(request, answer);
        });
  }

  private static void get(
      RoutesConfig routes, Authenticator keys, String path, Authenticator.Action action) {
    Routes.get(routes, PATH + path, keys.guarded(Permission.ADMIN_AUDIT, action));
  }
}
