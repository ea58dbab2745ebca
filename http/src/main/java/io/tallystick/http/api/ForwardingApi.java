package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.forward.DeadLetter;
import io.tallystick.forward.Forwarding;
import io.tallystick.forward.MismatchException;
import io.tallystick.forward.NotRunningException;
import io.tallystick.forward.ReconciliationReport;
import io.tallystick.forward.SinkStatus;
import io.tallystick.forward.reconcile.ExportInventory;
import io.tallystick.forward.reconcile.InvalidExportException;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.reconcile.Places;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.auth.ClientAddress;
import io.tallystick.http.wire.ContentType;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.LargeBody;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.Actor;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.Parameters;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Looking after the sinks that entries are forwarded to: {@code /api/audit/forwarding}. */
public final class ForwardingApi {
  private static final String PATH = "/api/audit/forwarding";
  private static final String SINK = PATH + "/{sink}";
  private static final int MAX_LIMIT = 500;
  private static final int DEFAULT_LIMIT = 50;

  private final @Nullable Forwarding forwarding;
  private final LongRequests work;

  /** Something that may fail because of the receiver or the state of the sink. */
  @FunctionalInterface
  private interface Action<T> {
    T run() throws IOException, InterruptedException;
  }

  /**
   * @param forwarding {@code null} if nothing is forwarded
   */
  public ForwardingApi(@Nullable Forwarding forwarding, LongRequests work) {
    this.forwarding = forwarding;
    this.work = work;
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    Permission needed = Permission.ADMIN_FORWARDING;
    Routes.get(routes, PATH, guard.guarded(needed, (request, caller) -> list(request)));
    Routes.get(routes, SINK, guard.guarded(needed, (request, caller) -> status(request)));
    Routes.get(
        routes, SINK + "/dead-letters", guard.guarded(needed, (request, c) -> letters(request)));
    routes.post(SINK + "/pause", guard.guarded(needed, this::pause));
    routes.post(SINK + "/resume", guard.guarded(needed, this::resume));
    routes.post(SINK + "/drain", guard.guarded(needed, this::drain));
    routes.post(SINK + "/reconciliation", guard.guarded(needed, this::reconcile));
  }

  private void list(Context request) throws IOException {
    withoutParameters(request);
    JsonObjects.answer(
        request, new SinkStatus.SinkList(forwarding == null ? List.of() : forwarding.status()));
  }

  private void status(Context request) throws IOException {
    withoutParameters(request);
    JsonObjects.answer(request, forwarding(request).status(sink(request)));
  }

  private void letters(Context request) throws IOException {
    Parameters given =
        Parameters.ofQuery(request.queryString()).only(List.of("limit", "after_seq"));
    Long after = given.number("after_seq", 0, Long.MAX_VALUE);
    Long limit = given.number("limit", 1, MAX_LIMIT);
    int most = limit == null ? DEFAULT_LIMIT : limit.intValue();
    List<DeadLetter> found =
        forwarding(request).deadLetters(sink(request), after == null ? 0 : after, most + 1);
    boolean more = found.size() > most;
    List<DeadLetter> page = more ? found.subList(0, most) : found;
    JsonObjects.answer(request, new DeadLetter.Page(page, more ? page.getLast().seq() : null));
  }

  private void pause(Context request, Caller caller) throws IOException, InterruptedException {
    withoutParameters(request);
    Forwarding all = forwarding(request);
    JsonObjects.answer(request, all.pause(sink(request), actor(caller)));
  }

  private void resume(Context request, Caller caller) throws IOException, InterruptedException {
    withoutParameters(request);
    Forwarding all = forwarding(request);
    JsonObjects.answer(request, all.resume(sink(request), actor(caller)));
  }

  private void drain(Context request, Caller caller) throws IOException, InterruptedException {
    withoutParameters(request);
    Forwarding all = forwarding(request);
    String sink = sink(request);
    DeadLetter.Drained drained =
        attempt(() -> {
          long taken = all.drain(sink, actor(caller));
          return new DeadLetter.Drained(taken, all.status(sink).deadLetters());
        });
    JsonObjects.answer(request, drained);
  }

  private void reconcile(Context request, Caller caller) throws IOException, InterruptedException {
    Parameters given =
        Parameters.ofQuery(request.queryString()).only(List.of("resend", "map", "through_seq"));
    Long throughSeq = given.number("through_seq", 1, Long.MAX_VALUE);
    boolean resend = Boolean.TRUE.equals(given.flag("resend"));
    String map = given.text("map");
    Forwarding all = forwarding(request);
    String sink = sink(request);
    Actor actor = actor(caller);
    String type = request.header("Content-Type");
    ReconciliationReport report;
    if (type == null) {
      if (throughSeq != null) {
        throw JsonObjects.invalid(
            "through_seq",
            "through_seq is for an export; a receiver that is asked is compared in full");
      }
      if (!all.canQuery(sink)) {
        throw Problem.of(
                409,
                "The receiver of this sink can't be asked what it holds; send an export of it.")
            .thrown();
      }
      report =
          work.compute(
              request, caller, task -> attempt(() -> all.reconcile(sink, null, resend, actor)));
    } else {
      Places places = places(map);
      boolean csv = isCsv(type);
      long through = throughSeq == null ? 0 : throughSeq;
      report =
          work.compute(
              request,
              caller,
              LargeBody.of(request),
              body -> {
                try (Inventory export = new ExportInventory(body, csv, places)) {
                  return attempt(() -> all.reconcile(sink, export, through, resend, actor));
                }
              });
    }
    JsonObjects.answer(request, report);
  }

  private static Places places(@Nullable String map) {
    try {
      return map == null ? new Places("id", "seq", "hash", null) : Places.parse(map);
    } catch (IllegalArgumentException e) {
      throw JsonObjects.invalid("map", String.valueOf(e.getMessage()));
    }
  }

  private static boolean isCsv(String header) {
    String type =
        ContentType.parse(header)
            .filter(ContentType::isUtf8)
            .map(ContentType::mediaType)
            .orElse("");
    return switch (type) {
      case "text/csv" -> true;
      case "application/x-ndjson" -> false;
      default ->
          throw Problem.of(
                  415,
                  "Content-Type must be application/x-ndjson or text/csv, in UTF-8, with an export,"
                      + " or absent, without one, but was "
                      + Quoted.of(header)
                      + ".")
              .thrown();
    };
  }

  private static <T> T attempt(Action<T> action) throws IOException, InterruptedException {
    try {
      return action.run();
    } catch (NotRunningException | Forwarding.BusyException | MismatchException e) {
      throw Problem.of(409, sentence(e)).thrown();
    } catch (InvalidExportException e) {
      throw JsonObjects.invalid("(body)", String.valueOf(e.getMessage()));
    } catch (SinkException e) {
      throw Problem.of(502, sentence(e)).thrown();
    }
  }

  private static String sentence(Exception e) {
    String text = String.valueOf(e.getMessage());
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1) + ".";
  }

  private Forwarding forwarding(Context request) {
    if (forwarding == null || !forwarding.has(sink(request))) {
      throw Problem.of(404, "There is no sink " + Quoted.of(sink(request)) + ".").thrown();
    }
    return forwarding;
  }

  private static String sink(Context request) {
    return request.pathParam("sink");
  }

  private static Actor actor(Caller caller) {
    return new Actor(caller.key().name(), ClientAddress.text(caller.address()));
  }

  private static void withoutParameters(Context request) {
    Parameters.ofQuery(request.queryString()).only(List.of());
  }
}
