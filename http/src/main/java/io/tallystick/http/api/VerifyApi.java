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
import org.jspecify.annotations.Nullable;

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
    Routes.get(routes, PATH, guard.openToLimited(Permission.ADMIN_AUDIT, this::verify));
    Routes.get(routes, PATH + "/last", guard.guarded(Permission.ADMIN_AUDIT, (r, by) -> last(r)));
  }

  /** HEAD asks only whether the question is a valid one. */
  private void verify(Context request, Caller caller) throws IOException, InterruptedException {
    Parameters given = Parameters.ofQuery(request.queryString());
    boolean whole = caller.view().isWhole();
    VerifyQuery query = whole ? QueryParser.verify(given) : QueryParser.verdict(given);
    String accept = request.header("Accept");
    boolean events = accept != null && accept.contains(EventStream.CONTENT_TYPE);
    if (request.method().equals(HandlerType.HEAD)) {
      request.contentType(events ? EventStream.CONTENT_TYPE : AnswerJson.CONTENT_TYPE);
      return;
    }
    sealing.newest();
    VerifyRequest asked = log.request(query);
    if (events) {
      work.stream(request, caller, task -> stream(request, task, asked, caller));
    } else {
      Verification report = work.compute(request, caller, task -> log.verify(asked, null));
      remember(report, caller);
      JsonObjects.answer(request, told(report, caller));
    }
  }

  /** What the caller may know: of a part of the log only whether all of it is as it was written. */
  private static Object told(Verification report, Caller caller) {
    return caller.view().isWhole() ? report : new Verification.Verdict(report.valid());
  }

  private Verification stream(Context request, LongTask<?> task, VerifyRequest asked, Caller caller)
      throws IOException, InterruptedException {
    EventStream stream = new EventStream(request);
    boolean whole = caller.view().isWhole();
    // The first is sent at once.
    long[] sentAt = {System.nanoTime() - PROGRESS_NANOS};
    VerifyReport.Progress progress =
        (checked, total) -> {
          if (System.nanoTime() - sentAt[0] >= PROGRESS_NANOS) {
            sentAt[0] = System.nanoTime();
            send(task, stream, whole ? new Verification.Progress(checked, total) : null);
          }
        };
    Verification report;
    try {
      report = log.verify(asked, progress);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    remember(report, caller);
    task.write(() -> stream.send("result", out -> AnswerJson.write(out, told(report, caller))));
    return report;
  }

  /** Sends the progress, or that there is some. If the client has gone, the verification ends. */
  private static void send(
      LongTask<?> task, EventStream stream, Verification.@Nullable Progress progress) {
    try {
      if (progress == null) {
        task.write(stream::heartbeat);
      } else {
        task.write(() -> stream.send("progress", out -> AnswerJson.write(out, progress)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void remember(Verification report, Caller caller) {
    last = new LastVerification(clock.instant(), caller.key().name(), report);
  }

  private void last(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    JsonObjects.answer(request, last);
  }
}
