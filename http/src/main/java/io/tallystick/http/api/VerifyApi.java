package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.EventStream;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.Verification;
import io.tallystick.service.query.CheckpointSource;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.service.query.VerifyQuery;
import io.tallystick.service.query.VerifyService;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * Verification over HTTP: {@code GET /api/audit/verify}, and {@code /api/audit/verify/last} for the
 * last one that this server finished, for any client. For {@code Accept: text/event-stream} it
 * answers with {@code progress} events and at the end one {@code result} event.
 */
public final class VerifyApi {
  private static final String PATH = "/api/audit/verify";
  private static final long PROGRESS_NANOS = Duration.ofMillis(100).toNanos();

  private final VerifyService log;
  private final CheckpointSource sealing;
  private final Clock clock;
  private volatile LastVerification last = LastVerification.NONE;

  /**
   * @param sealing seals the log before each verification
   */
  public VerifyApi(VerifyService log, CheckpointSource sealing, Clock clock) {
    this.log = log;
    this.sealing = sealing;
    this.clock = clock;
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    Routes.get(routes, PATH, guard.guarded(Permission.ADMIN_AUDIT, this::verify));
    Routes.get(routes, PATH + "/last", guard.guarded(Permission.ADMIN_AUDIT, (r, by) -> last(r)));
  }

  private void verify(Context request, Caller caller) throws IOException, InterruptedException {
    VerifyQuery query = QueryParser.verify(Parameters.ofQuery(request.queryString()));
    sealing.newest();
    VerifyRequest asked = log.request(query);
    String accept = request.header("Accept");
    if (accept != null && accept.contains(EventStream.CONTENT_TYPE)) {
      stream(new EventStream(request), asked, caller.key().name());
      return;
    }
    Verification report = log.verify(asked, null);
    remember(report, caller.key().name());
    JsonObjects.answer(request, report);
  }

  private void stream(EventStream stream, VerifyRequest asked, String by)
      throws IOException, InterruptedException {
    // The first is sent at once.
    long[] sentAt = {System.nanoTime() - PROGRESS_NANOS};
    VerifyReport.Progress progress =
        (checked, total) -> {
          if (System.nanoTime() - sentAt[0] >= PROGRESS_NANOS) {
            sentAt[0] = System.nanoTime();
            send(stream, new Verification.Progress(checked, total));
          }
        };
    Verification report;
    try {
      report = log.verify(asked, progress);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    remember(report, by);
    stream.send("result", out -> AnswerJson.write(out, report));
  }

  /** Sends the progress. If the client has gone, the verification ends. */
  private static void send(EventStream stream, Verification.Progress progress) {
    try {
      stream.send("progress", out -> AnswerJson.write(out, progress));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void remember(Verification report, String by) {
    last = new LastVerification(clock.instant(), by, report);
  }

  private void last(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    JsonObjects.answer(request, last);
  }
}
