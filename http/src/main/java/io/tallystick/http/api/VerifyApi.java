package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
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
import io.tallystick.service.work.LongTask;
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
  private final LongRequests work;
  private final Clock clock;
  private volatile LastVerification last = LastVerification.NONE;

  /**
   * @param sealing seals the log before each verification
   */
  public VerifyApi(VerifyService log, CheckpointSource sealing, LongRequests work, Clock clock) {
    this.log = log;
    this.sealing = sealing;
    this.work = work;
    this.clock = clock;
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    Routes.get(routes, PATH, guard.guarded(Permission.ADMIN_AUDIT, this::verify));
    Routes.get(routes, PATH + "/last", guard.guarded(Permission.ADMIN_AUDIT, (r, by) -> last(r)));
  }

  /** HEAD asks only whether the question is a valid one. */
  private void verify(Context request, Caller caller) throws IOException, InterruptedException {
    VerifyQuery query = QueryParser.verify(Parameters.ofQuery(request.queryString()));
    String accept = request.header("Accept");
    boolean events = accept != null && accept.contains(EventStream.CONTENT_TYPE);
    if (request.method().equals(HandlerType.HEAD)) {
      request.contentType(events ? EventStream.CONTENT_TYPE : AnswerJson.CONTENT_TYPE);
      return;
    }
    sealing.newest();
    VerifyRequest asked = log.request(query);
    String by = caller.key().name();
    if (events) {
      work.stream(request, caller, task -> stream(request, task, asked, by));
    } else {
      Verification report = work.compute(request, caller, task -> log.verify(asked, null));
      remember(report, by);
      JsonObjects.answer(request, report);
    }
  }

  private Verification stream(Context request, LongTask<?> task, VerifyRequest asked, String by)
      throws IOException, InterruptedException {
    EventStream stream = new EventStream(request);
    // The first is sent at once.
    long[] sentAt = {System.nanoTime() - PROGRESS_NANOS};
    VerifyReport.Progress progress =
        (checked, total) -> {
          if (System.nanoTime() - sentAt[0] >= PROGRESS_NANOS) {
            sentAt[0] = System.nanoTime();
            send(task, stream, new Verification.Progress(checked, total));
          }
        };
    Verification report;
    try {
      report = log.verify(asked, progress);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    remember(report, by);
    task.write(() -> stream.send("result", out -> AnswerJson.write(out, report)));
    return report;
  }

  /** Sends the progress. If the client has gone, the verification ends. */
  private static void send(LongTask<?> task, EventStream stream, Verification.Progress progress) {
    try {
      task.write(() -> stream.send("progress", out -> AnswerJson.write(out, progress)));
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
