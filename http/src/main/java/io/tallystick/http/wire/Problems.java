package io.tallystick.http.wire;

import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.MethodNotAllowedResponse;
import io.tallystick.entry.BatchTooLargeException;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.index.IndexException;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.append.EventIdConflictException;
import io.tallystick.service.erasure.HeldException;
import io.tallystick.service.query.NotSealedException;
import io.tallystick.service.work.TooManyTasksException;
import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.log.LogException;
import io.tallystick.tlog.CorruptTileException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The problem for each failure. The text of an unexpected failure never reaches a client. */
public final class Problems {
  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

  private Problems() {}

  public static Problem of(Throwable failure) {
    return switch (failure) {
      case Problem.Thrown thrown -> thrown.problem();
      case RequestEndedException e -> e.problem();
      case TooManyTasksException e ->
          Problem.of(503, sentence(e.getMessage()))
              .with("Retry-After", Long.toString(TooManyTasksException.RETRY_AFTER.toSeconds()));
      case InvalidParameterException e -> Problem.invalid(null, e.name(), e.getMessage());
      case InvalidEventException e -> Problem.invalid(e);
      case EventIdConflictException e -> Problem.of(409, sentence(e.getMessage()));
      case HeldException e -> Problem.of(409, sentence(e.getMessage()));
      case BatchTooLargeException e -> Problem.of(413, sentence(e.getMessage()));
      case ShareExceededException e ->
          Problem.of(503, sentence(e.getMessage()))
              .with("Retry-After", Integer.toString(e.limit().retryAfterSeconds()));
      case NotSealedException e ->
          Problem.of(503, sentence(e.getMessage())).with("Retry-After", "5");
      case LogException e -> of(e);
      case NoSpaceException e -> Problem.of(507, sentence(e.getMessage()));
      case PacedStream.TooLongException e ->
          Problem.of(413, "The body is too long.").with("Connection", "close");
      case PacedStream.TooSlowException e ->
          Problem.of(408, "The body did not arrive in time.").with("Connection", "close");
      case CorruptTileException e ->
          Problem.of(500, "The tree is damaged: " + e.getMessage() + "; run \"tally verify\".");
      case IndexException e ->
          Problem.of(503, sentence(e.getMessage()))
              .with("Retry-After", Long.toString(Math.max(1, e.retryAfter().toSeconds())));
      case TimeoutException e ->
          Problem.of(
                  503,
                  "The log did not acknowledge the events in time, so it is unknown whether they are"
                      + " written; send them again with the same event_id.")
              .with("Retry-After", "5");
      case InterruptedException e ->
          Problem.of(503, "The server is stopping.").with("Connection", "close");
      case MethodNotAllowedResponse e ->
          Problem.of(
                  405,
                  "This path does not support the method; the header Allow lists those that it does.")
              .with("Allow", String.join(", ", e.getDetails().values()));
      case HttpResponseException e -> Problem.of(e.getStatus(), text(e.getStatus()));
      default -> {
        LOG.error("a request failed", failure);
        yield Problem.of(500, text(500));
      }
    };
  }

  private static Problem of(LogException failure) {
    Problem problem = Problem.of(status(failure), sentence(failure.getMessage()));
    return failure instanceof LogException.Overloaded ? problem.with("Retry-After", "1") : problem;
  }

  private static int status(LogException failure) {
    return switch (failure) {
      case LogException.Overloaded e -> 503;
      case LogException.Stopped e -> 503;
      case LogException.DiskFull e -> 507;
      case LogException.Removed e -> 410;
      case LogException.Corrupt e -> 500;
      case LogException.Locked e -> 500;
      case LogException.NotALog e -> 500;
      default -> 500;
    };
  }

  /**
   * The failure for somebody who may not know what it is about: one of the log or the server keeps
   * its status and loses its words, which are logged instead.
   */
  public static Exception withoutParticulars(Exception failure) {
    Problem problem = of(failure);
    boolean removed = problem.status() == 410;
    boolean own = failure instanceof Problem.Thrown || failure instanceof TooManyTasksException;
    if (own || !(removed || problem.status() >= 500)) {
      return failure;
    }
    if (!problem.detail().equals(text(problem.status()))) {
      LOG.warn("a request failed: {}", failure.getMessage());
    }
    int status = removed ? 404 : problem.status();
    Problem plain = Problem.of(status, status == 503 ? "Not available now." : text(status));
    String retryAfter = problem.headers().get("Retry-After");
    return (retryAfter == null ? plain : plain.with("Retry-After", retryAfter)).thrown();
  }

  private static String sentence(@Nullable String message) {
    String text = message == null || message.isEmpty() ? "the request failed" : message;
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }

  /**
   * Answers a request that failed. An answer that has begun is cut off, so that no client believes
   * it to be complete. After a problem that closes the connection nothing more is read: it is
   * unknown where the body ends, or the body is late.
   */
  public static void answer(Context request, Throwable failure) {
    Problem problem = of(failure);
    if (request.res().isCommitted()) {
      RequestConnection.of(request).cut();
      return;
    }
    request.res().resetBuffer();
    problem.headers().forEach(request::header);
    answer(request, problem.status(), Problem.CONTENT_TYPE, problem.json());
  }

  /**
   * Answers a request in another form than a problem's. Its headers are set before.
   *
   * @param contentType empty for none
   */
  public static void answer(Context request, int status, String contentType, byte[] body) {
    request.status(status);
    if (!contentType.isEmpty()) {
      request.contentType(contentType);
    }
    boolean closes = "close".equals(request.res().getHeader("Connection"));
    if (status >= 400 && UnreadBody.mayBe(request) && !closes) {
      write(request.res(), body);
      UnreadBody.discard(request);
    } else {
      request.result(body);
    }
  }

  /** Answers a request that failed with an error of the JVM. */
  public static void answer(HttpServletResponse response, Error error) {
    response.setStatus(500);
    response.setContentType(Problem.CONTENT_TYPE);
    write(response, of(error).json());
  }

  private static void write(HttpServletResponse response, byte[] body) {
    try {
      response.setContentLength(body.length);
      response.getOutputStream().write(body);
      response.flushBuffer();
    } catch (IOException e) {
      LOG.warn("the client did not read the answer: {}", e.getMessage());
    }
  }

  private static String text(int status) {
    return switch (status) {
      case 400 ->
          "The request is not well-formed HTTP, or its path has an empty part or one that must not be"
              + " encoded.";
      case 404 -> "There is nothing here.";
      case 408 -> "The request did not arrive in time.";
      case 413 -> "The request is too large.";
      case 414 -> "The request's URI is too long.";
      case 417 -> "The header Expect must be 100-continue or absent.";
      case 426, 505 -> "The server does not support this version of HTTP.";
      case 431 -> "The request's header must have at most 16 KiB.";
      case 500 -> "The server failed to answer this request; its own log has the reason.";
      case 501 -> "The server does not support this method.";
      case 503 -> "The server is starting or stopping; try again shortly.";
      default -> HttpStatus.getMessage(status) + ".";
    };
  }

  /** Jetty's own errors, for requests that reach no endpoint, malformed ones above all. */
  public static final class JettyErrors extends ErrorHandler {
    private final String basePath;

    /**
     * @param basePath of everything that the server has; empty for the root
     */
    public JettyErrors(String basePath) {
      this.basePath = basePath;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      int status = response.getStatus();
      boolean outside =
          status == 404 && !Request.getPathInContext(request).startsWith(basePath + "/");
      Problem problem =
          Problem.of(
              status,
              outside
                  ? "There is nothing here: this server answers under " + basePath + "/ only."
                  : text(status));
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, Problem.CONTENT_TYPE);
      response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
      response.getHeaders().put("X-Content-Type-Options", "nosniff");
      response.write(true, ByteBuffer.wrap(problem.json()), callback);
      return true;
    }
  }
}
