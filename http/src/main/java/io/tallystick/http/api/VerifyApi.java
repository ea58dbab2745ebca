package io.tallystick.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.EventStream;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.Answer;
import io.tallystick.service.query.CheckpointSource;
import io.tallystick.service.query.EntryJson;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryService;
import io.tallystick.service.query.Timestamps;
import io.tallystick.store.LogReader;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
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

  private final LogReader log;
  private final CheckpointSource sealing;
  private final Clock clock;
  private volatile @Nullable Finished last;

  /** A verification that is done: when, who asked for it, and its report as JSON. */
  private record Finished(Instant at, String by, String report) {}

  /**
   * @param sealing seals the log before each verification
   */
  public VerifyApi(LogReader log, CheckpointSource sealing, Clock clock) {
    this.log = log;
    this.sealing = sealing;
    this.clock = clock;
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    Routes.get(routes, PATH, guard.guarded(Permission.ADMIN_AUDIT, this::verify));
    Routes.get(routes, PATH + "/last", guard.guarded(Permission.ADMIN_AUDIT, (r, by) -> last(r)));
  }

  private void verify(Context request, Caller caller) throws IOException, InterruptedException {
    Parameters given = Parameters.ofQuery(request.queryString());
    sealing.newest();
    VerifyRequest asked = QueryService.verification(log, given, List.of(), null, List.of());
    String accept = request.header("Accept");
    if (accept != null && accept.contains(EventStream.CONTENT_TYPE)) {
      stream(new EventStream(request), asked, caller.key().name());
      return;
    }
    Answer answer = QueryService.verify(log, asked, null);
    byte[] report = remember(answer, caller.key().name());
    request.contentType(answer.contentType());
    if (!request.method().equals(HandlerType.HEAD)) {
      request.outputStream().write(report);
    }
  }

  private void stream(EventStream stream, VerifyRequest asked, String by)
      throws IOException, InterruptedException {
    // The first is sent at once.
    long[] sentAt = {System.nanoTime() - PROGRESS_NANOS};
    VerifyReport.Progress progress =
        (checked, total) -> {
          if (System.nanoTime() - sentAt[0] >= PROGRESS_NANOS) {
            sentAt[0] = System.nanoTime();
            progress(stream, checked, total);
          }
        };
    Answer answer;
    try {
      answer = QueryService.verify(log, asked, progress);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    byte[] report = remember(answer, by);
    stream.send("result", out -> out.write(report));
  }

  /** Sends the progress. If the client has gone, the verification ends. */
  private static void progress(EventStream stream, long checked, long total) {
    try {
      stream.send(
          "progress",
          out -> {
            try (JsonGenerator json = EntryJson.generator(out)) {
              json.writeStartObject();
              json.writeNumberField("checked", checked);
              json.writeNumberField("total", total);
              json.writeEndObject();
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private byte[] remember(Answer answer, String by) throws IOException, InterruptedException {
    ByteArrayOutputStream report = new ByteArrayOutputStream();
    answer.writeTo(report);
    last = new Finished(clock.instant(), by, report.toString(StandardCharsets.UTF_8));
    return report.toByteArray();
  }

  private void last(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    Finished finished = last;
    request.contentType(Answer.JSON);
    try (JsonGenerator out = EntryJson.generator(request.outputStream())) {
      out.writeStartObject();
      out.writeStringField("finished_at", finished == null ? null : Timestamps.text(finished.at()));
      out.writeStringField("by", finished == null ? null : finished.by());
      out.writeFieldName("report");
      if (finished == null) {
        out.writeNull();
      } else {
        out.writeRawValue(finished.report());
      }
      out.writeEndObject();
    }
  }
}
