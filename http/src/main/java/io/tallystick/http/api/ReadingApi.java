package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.auth.SecurityEvents;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.access.Permission;
import io.tallystick.service.export.CountedAnswer;
import io.tallystick.service.export.ExportRecord;
import io.tallystick.service.export.ExportService;
import io.tallystick.service.query.Answer;
import io.tallystick.service.query.CheckpointSource;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryService;
import java.io.IOException;
import java.util.Optional;

/**
 * The endpoints that read the log (docs/http-api.md, Reading entries): {@link QueryService}, each
 * at its path.
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
   * @param index what the answers come from, whose state their header names
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

  @FunctionalInterface
  private interface Question {
    Answer answer(Context request, Parameters given) throws IOException, InterruptedException;
  }

  public void register(RoutesConfig routes, Authenticator keys) {
    add(routes, keys, "", (request, given) -> queries.list(given));
    add(routes, keys, "/security", (request, given) -> queries.security(given));
    add(routes, keys, "/types", (request, given) -> queries.types(given));
    add(routes, keys, "/stats", (request, given) -> queries.stats(given));
    add(routes, keys, "/horizon", (request, given) -> queries.horizon(given));
    Routes.get(routes, PATH + "/export", keys.guarded(Permission.ADMIN_AUDIT, this::export));
    add(
        routes,
        keys,
        "/user/{user_id}",
        (request, given) -> queries.user(request.pathParam("user_id"), given));
    add(routes, keys, "/entries/{id}", this::entry);
  }

  /** Is recorded in the log whether it reaches its end or not. */
  private void export(Context request, Caller caller) throws IOException, InterruptedException {
    Parameters given = Parameters.ofQuery(request.queryString());
    sealing.newest();
    CountedAnswer answer = exports.export(given);
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

  private Answer entry(Context request, Parameters given) throws IOException {
    String id = request.pathParam("id");
    String accept = request.header("Accept");
    Optional<Answer> entry =
        accept != null && accept.contains("application/octet-stream")
            ? queries.entryBytes(id, given)
            : queries.entry(id, given);
    return entry.orElseThrow(() -> Problem.of(404, "There is no entry with this id.").thrown());
  }

  private void add(RoutesConfig routes, Authenticator keys, String path, Question question) {
    Authenticator.Action action =
        (request, caller) -> {
          Answer answer = question.answer(request, Parameters.ofQuery(request.queryString()));
          notice.add(request);
          request.contentType(answer.contentType());
          if (!request.method().equals(HandlerType.HEAD)) {
            answer.writeTo(request.outputStream());
          }
        };
    Routes.get(routes, PATH + path, keys.guarded(Permission.ADMIN_AUDIT, action));
  }
}
