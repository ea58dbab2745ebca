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
import io.tallystick.http.wire.RequestEndedException;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.export.CountedAnswer;
import io.tallystick.service.export.ExportFormat;
import io.tallystick.service.export.ExportRecord;
import io.tallystick.service.export.ExportService;
import io.tallystick.service.query.CheckpointSource;
import io.tallystick.service.query.EntryPageStream;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.QueryParser;
import io.tallystick.service.query.QueryService;
import io.tallystick.service.query.TypeQuery;
import io.tallystick.service.work.TooManyTasksException;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.function.Function;

/**
 * The endpoints that read the log (docs/http-api.md, Reading entries): the answers of {@link
 * QueryService}, each at its path.
 */
public final class ReadingApi {
  private static final String PATH = "/api/audit";
  private static final String USER = "/user/";

  /** What a path with an id of a user begins with; only there any character may be encoded. */
  public static final String USER_PATH = PATH + USER;

  private final QueryService queries;
  private final ExportService exports;
  private final CheckpointSource sealing;
  private final SecurityEvents events;
  private final LongRequests work;
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
      LongRequests work,
      AuditIndex index) {
    this.queries = queries;
    this.exports = exports;
    this.sealing = sealing;
    this.events = events;
    this.work = work;
    this.notice = new IndexNotice(index);
  }

  /** What takes as long as the log is long; its parameters are valid. */
  @FunctionalInterface
  private interface Answer {
    Object get() throws IOException, InterruptedException;
  }

  public void register(RoutesConfig routes, Authenticator keys) {
    list(routes, keys, "", QueryParser::list);
    list(routes, keys, "/security", QueryParser::security);
    add(
        routes,
        keys,
        "/types",
        given -> {
          TypeQuery wanted = QueryParser.types(given);
          return () -> queries.types(wanted);
        });
    add(
        routes,
        keys,
        "/stats",
        given -> {
          Period period = QueryParser.period(given);
          return () -> queries.statistics(period);
        });
    get(routes, keys, "/horizon", (request, caller) -> horizon(request));
    get(routes, keys, "/export", this::export);
    get(routes, keys, USER + "{user_id}", this::user);
    get(routes, keys, "/entries/{id}", (request, caller) -> entry(request));
  }

  /** What needs the index may have to scan much of the log. HEAD asks only whether it is valid. */
  private void page(Context request, Caller caller, AuditQuery query)
      throws IOException, InterruptedException {
    request.contentType(AnswerJson.CONTENT_TYPE);
    if (request.method().equals(HandlerType.HEAD)) {
      return;
    }
    if (query.needsNoIndex()) {
      write(request, query, request.outputStream());
    } else {
      work.stream(
          request,
          caller,
          task -> {
            OutputStream out = task.collected(request.outputStream());
            EntryPageStream page = write(request, query, out);
            // Not when it failed: an answer that has begun cannot become a problem any more.
            out.flush();
            return page;
          });
    }
  }

  private EntryPageStream write(Context request, AuditQuery query, OutputStream out)
      throws IOException, InterruptedException {
    EntryPageStream page = queries.stream(query);
    notice.add(request);
    page.writeTo(out);
    return page;
  }

  private void user(Context request, Caller caller) throws IOException, InterruptedException {
    Parameters given = Parameters.ofQuery(request.queryString());
    page(request, caller, QueryParser.user(request.pathParam("user_id"), given));
  }

  /** HEAD asks only whether the question is a valid one. */
  private void answer(Context request, Caller caller, Answer answer)
      throws IOException, InterruptedException {
    if (request.method().equals(HandlerType.HEAD)) {
      request.contentType(AnswerJson.CONTENT_TYPE);
      return;
    }
    Object found = work.compute(request, caller, task -> answer.get());
    notice.add(request);
    JsonObjects.answer(request, found);
  }

  private void horizon(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    request.contentType(AnswerJson.CONTENT_TYPE);
    if (!request.method().equals(HandlerType.HEAD)) {
      notice.add(request);
      JsonObjects.answer(request, queries.horizon());
    }
  }

  /**
   * The log records every export that begins, whether it reaches its end or not. HEAD asks only
   * whether it could begin.
   */
  private void export(Context request, Caller caller) throws IOException, InterruptedException {
    Parameters given = Parameters.ofQuery(request.queryString());
    AuditQuery query = QueryParser.export(given);
    ExportFormat format = ExportFormat.of(given);
    ExportRecord export = ExportRecord.of(given);
    request.contentType(format.contentType());
    if (request.method().equals(HandlerType.HEAD)) {
      return;
    }
    sealing.newest();
    CountedAnswer answer = exports.export(query, format);
    try {
      work.stream(request, caller, task -> write(answer, task.collected(request.outputStream())));
    } catch (TooManyTasksException e) {
      throw e;
    } catch (Throwable e) {
      String why = e instanceof RequestEndedException ended ? ended.reason() : "failed";
      events.exported(caller, request.userAgent(), export, answer.entries(), why);
      throw e;
    }
    events.exported(caller, request.userAgent(), export, answer.entries(), null);
  }

  private static CountedAnswer write(CountedAnswer answer, OutputStream out)
      throws IOException, InterruptedException {
    answer.writeTo(out);
    out.flush();
    return answer;
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

  private void list(
      RoutesConfig routes,
      Authenticator keys,
      String path,
      Function<Parameters, AuditQuery> queries) {
    get(
        routes,
        keys,
        path,
        (request, caller) ->
            page(request, caller, queries.apply(Parameters.ofQuery(request.queryString()))));
  }

  private void add(
      RoutesConfig routes,
      Authenticator keys,
      String path,
      Function<Parameters, Answer> questions) {
    get(
        routes,
        keys,
        path,
        (request, caller) ->
            answer(request, caller, questions.apply(Parameters.ofQuery(request.queryString()))));
  }

  private static void get(
      RoutesConfig routes, Authenticator keys, String path, Authenticator.Action action) {
    Routes.get(routes, PATH + path, keys.guarded(Permission.ADMIN_AUDIT, action));
  }
}
