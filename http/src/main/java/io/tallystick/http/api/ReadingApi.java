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
import io.tallystick.index.AuditQuery;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.export.CountedAnswer;
import io.tallystick.service.export.ExportFormat;
import io.tallystick.service.export.ExportRecord;
import io.tallystick.service.export.ExportService;
import io.tallystick.service.export.PersonalFile;
import io.tallystick.service.query.CheckpointSource;
import io.tallystick.service.query.EntryPageStream;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.QueryParser;
import io.tallystick.service.query.QueryService;
import io.tallystick.service.query.SourceQuery;
import io.tallystick.service.query.TypeQuery;
import io.tallystick.service.work.TooManyTasksException;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
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

  private final CheckpointSource sealing;
  private final SecurityEvents events;
  private final LongRequests work;

  /**
   * @param sealing seals the log before each export
   * @param events records each export
   */
  public ReadingApi(CheckpointSource sealing, SecurityEvents events, LongRequests work) {
    this.sealing = sealing;
    this.events = events;
    this.work = work;
  }

  /** What takes as long as the log is long; its parameters are valid. */
  @FunctionalInterface
  private interface Answer {
    Object of(QueryService queries) throws IOException, InterruptedException;
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
          return queries -> queries.types(wanted);
        });
    add(
        routes,
        keys,
        "/stats",
        given -> {
          Period period = QueryParser.period(given);
          return queries -> queries.statistics(period);
        });
    Routes.get(routes, PATH + "/sources", keys.guarded(Permission.ADMIN_AUDIT, this::sources));
    Routes.get(routes, PATH + "/horizon", keys.guarded(Permission.ADMIN_AUDIT, this::horizon));
    get(routes, keys, "/export", this::export);
    get(routes, keys, USER + "{user_id}", this::user);
    get(routes, keys, "/entries/{id}", this::entry);
    get(routes, keys, "/entries/{id}/personal", this::personal);
  }

  /** What needs the index may have to scan much of the log. HEAD asks only whether it is valid. */
  private void page(Context request, Caller caller, AuditQuery query)
      throws IOException, InterruptedException {
    request.contentType(AnswerJson.CONTENT_TYPE);
    if (request.method().equals(HandlerType.HEAD)) {
      return;
    }
    if (caller.view().needsNoIndex(query)) {
      write(request, caller, query, request.outputStream());
    } else {
      work.stream(
          request,
          caller,
          task -> {
            OutputStream out = task.collected(request.outputStream());
            EntryPageStream page = write(request, caller, query, out);
            // Not when it failed: an answer that has begun cannot become a problem any more.
            out.flush();
            return page;
          });
    }
  }

  private static EntryPageStream write(
      Context request, Caller caller, AuditQuery query, OutputStream out)
      throws IOException, InterruptedException {
    EntryPageStream page = queries(caller).stream(query);
    IndexNotice.add(request, caller.view());
    page.writeTo(out);
    return page;
  }

  private static QueryService queries(Caller caller) {
    return new QueryService(caller.view(), Clock.systemUTC());
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
    Object found = work.compute(request, caller, task -> answer.of(queries(caller)));
    IndexNotice.add(request, caller.view());
    JsonObjects.answer(request, found);
  }

  private void sources(Context request, Caller caller) throws IOException, InterruptedException {
    SourceQuery wanted = QueryParser.sources(Parameters.ofQuery(request.queryString()));
    answer(request, caller, queries -> queries.sources(wanted));
  }

  private void horizon(Context request, Caller caller) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    request.contentType(AnswerJson.CONTENT_TYPE);
    if (!request.method().equals(HandlerType.HEAD)) {
      IndexNotice.add(request, caller.view());
      JsonObjects.answer(request, queries(caller).horizon());
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
    ExportRecord export = ExportRecord.of(given, caller.key().only());
    request.contentType(format.contentType());
    if (request.method().equals(HandlerType.HEAD)) {
      return;
    }
    sealing.newest();
    CountedAnswer answer =
        new ExportService(caller.view()).export(query, format, format.isExact(given));
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

  private static StoredEntry stored(Context request, Caller caller) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    return caller
        .view()
        .entry(Parameters.number("id", request.pathParam("id"), 1, Long.MAX_VALUE))
        .orElseThrow(() -> Problem.of(404, "There is no entry with this id.").thrown());
  }

  /** What opens the entry's commitments. */
  private void personal(Context request, Caller caller) throws IOException {
    Bytes.answer(request, AnswerJson.CONTENT_TYPE, PersonalFile.of(stored(request, caller)));
  }

  private void entry(Context request, Caller caller) throws IOException {
    StoredEntry entry = stored(request, caller);
    String accept = request.header("Accept");
    if (accept != null && accept.contains(Bytes.BINARY)) {
      Bytes.answer(request, Bytes.BINARY, entry.bytes());
    } else {
      JsonObjects.answer(request, caller.view().entryViews().of(entry));
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
    Routes.get(routes, PATH + path, keys.openToLimited(Permission.ADMIN_AUDIT, action));
  }
}
