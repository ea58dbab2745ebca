package io.tallystick.http.api;

import io.javalin.http.Context;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.BodyPipe;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.RequestConnection;
import io.tallystick.http.wire.RequestEndedException;
import io.tallystick.service.work.LongTask;
import io.tallystick.service.work.LongTasks;
import io.tallystick.service.work.TooManyTasksException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.EofException;
import org.jspecify.annotations.Nullable;

/**
 * Does for requests what takes long, as {@link LongTasks}, while their clients are there and their
 * keys and sessions are good. The request's own thread looks after both and sleeps otherwise. Safe
 * for any number of threads.
 */
public final class LongRequests {
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  private final LongTasks tasks;
  private final Authenticator guard;

  public LongRequests(LongTasks tasks, Authenticator guard) {
    this.tasks = tasks;
    this.guard = guard;
  }

  /**
   * Computes an answer.
   *
   * @throws RequestEndedException if the client has gone, or its key or session is not good any
   *     more
   * @throws TooManyTasksException if the key has too many under way
   */
  <T> T compute(Context request, Caller caller, LongTask.Work<T> work)
      throws IOException, InterruptedException {
    return compute(request, caller, work, () -> {});
  }

  private <T> T compute(
      Context request, Caller caller, LongTask.Work<T> work, BodyPipe.Check meanwhile)
      throws IOException, InterruptedException {
    LongTask<T> task = tasks.begin(caller.key().id(), work);
    try {
      meanwhile.run();
      return await(task, RequestConnection.of(request), caller);
    } finally {
      task.end();
    }
  }

  /**
   * As {@link #compute}, for work with the body of the request. The request's own thread reads that
   * and hands it on.
   */
  <T> T compute(Context request, Caller caller, InputStream body, BodyWork<T> work)
      throws IOException, InterruptedException {
    try (BodyPipe pipe = new BodyPipe()) {
      return compute(
          request,
          caller,
          _ -> {
            try (InputStream read = pipe.reader()) {
              return work.run(read);
            }
          },
          () -> pipe.fill(body, () -> guard.checkStillGood(caller)));
    }
  }

  /** Work with a body. */
  @FunctionalInterface
  interface BodyWork<T> {
    T run(InputStream body) throws Exception;
  }

  /**
   * As {@link #compute}, for work that writes the answer. When this returns, the work writes no
   * more; a connection that it still writes to is cut off.
   */
  <T> T stream(Context request, Caller caller, LongTask.Work<T> work)
      throws IOException, InterruptedException {
    RequestConnection client = RequestConnection.of(request);
    LongTask<T> task = tasks.begin(caller.key().id(), work);
    try {
      return await(task, client, caller);
    } finally {
      task.end();
      awaitOver(task, request, client);
    }
  }

  private <T> T await(LongTask<T> task, RequestConnection client, Caller caller)
      throws IOException, InterruptedException {
    while (true) {
      try {
        return task.await(LOOK_EVERY);
      } catch (TimeoutException e) {
        if (client.isGone()) {
          throw gone();
        }
        guard.checkStillGood(caller);
      } catch (ExecutionException e) {
        throw thrown(e.getCause(), client);
      }
    }
  }

  /** What the work threw, unless it could not write because the client had gone. */
  private static IOException thrown(@Nullable Throwable failure, RequestConnection client)
      throws InterruptedException {
    return switch (failure) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case InterruptedException e -> throw e;
      case EofException e when client.isGone() -> throw gone();
      case IOException e -> e;
      case null, default -> new IOException(failure);
    };
  }

  private static RequestEndedException gone() {
    return new RequestEndedException(Problem.of(499, "The client has gone."), "client gone");
  }

  private static void awaitOver(LongTask<?> task, Context request, RequestConnection client) {
    boolean interrupted = false;
    while (true) {
      try {
        if (task.isOverWithin(LOOK_EVERY)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (interrupted || request.res().isCommitted()) {
        client.cut();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
