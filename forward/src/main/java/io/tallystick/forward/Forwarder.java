package io.tallystick.forward;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.service.Actor;
import io.tallystick.service.query.LogView;
import io.tallystick.store.Futures;
import io.tallystick.store.Uninterruptibly;
import io.tallystick.store.files.BackgroundThread;
import io.tallystick.store.log.SafePoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sink with its thread, which does nothing but forward: it never holds up an append nor another
 * sink. What else is to be done with the sink is an errand for the same thread. Safe for any number
 * of threads.
 */
final class Forwarder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);

  /** How soon an errand is looked after by a thread that waits for entries. */
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);

  /** How long a stop waits for the answer to a batch that was sent. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final SinkConfig config;
  private final LogView view;
  private final Path folder;
  private final ForwardingEvents events;
  private final DeadLetters dead;
  private final Courier courier;
  private final StopSignal signal = new StopSignal();
  private final BlockingQueue<FutureTask<?>> errands = new LinkedBlockingQueue<>();
  private final Retry retry = new Retry();
  private final Thread thread;

  @GuardedBy("this")
  private SinkState state;

  @GuardedBy("this")
  private long errors;

  @GuardedBy("this")
  private @Nullable Instant failingSince;

  @GuardedBy("this")
  private @Nullable String failure;

  Forwarder(SinkConfig config, LogView view, Path folder, ForwardingEvents events)
      throws IOException {
    this.config = config;
    this.view = view;
    this.folder = folder;
    this.events = events;
    this.state = SinkState.read(folder);
    this.dead = DeadLetters.open(folder);
    this.courier = new Courier(config, view, folder, dead, signal);
    this.thread =
        Thread.ofPlatform().name("tally-forward-" + config.name()).daemon().unstarted(this::run);
  }

  SinkConfig config() {
    return config;
  }

  DeadLetters deadLetters() {
    return dead;
  }

  void start() {
    thread.start();
  }

  private void run() {
    BackgroundThread.enter();
    try {
      tryRecord(
          ForwardingEvents.STARTED,
          true,
          out -> {
            out.writeStringField("type", config.type().name());
            courier.writePosition(out);
          });
      while (!signal.isStopped()) {
        runErrands();
        if (isRunning()) {
          round();
        } else {
          awaitErrand(LOOK_EVERY);
        }
      }
    } catch (InterruptedException e) {
      // The server is being stopped; what was not acknowledged is sent again at the next start.
    } finally {
      closeSink();
    }
  }

  private void runErrands() {
    for (FutureTask<?> errand = errands.poll(); errand != null; errand = errands.poll()) {
      errand.run();
    }
  }

  private void awaitErrand(Duration longest) throws InterruptedException {
    FutureTask<?> errand =
        signal.during(() -> errands.poll(longest.toMillis(), TimeUnit.MILLISECONDS));
    if (errand != null) {
      errand.run();
    }
  }

  private void round() throws InterruptedException {
    try {
      boolean more = courier.round();
      succeeded();
      if (!more) {
        courier.await(LOOK_EVERY);
      }
    } catch (MismatchException | SettingException e) {
      halt(SinkState.STOPPED, String.valueOf(e.getMessage()));
    } catch (Courier.FullException e) {
      halt(SinkState.DISABLED, String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      failed(e);
    } catch (Error e) {
      LOG.error("sink {} failed", config.name(), e);
      failed(e);
    }
  }

  private synchronized void succeeded() {
    if (failingSince != null) {
      LOG.info("sink {} works again", config.name());
    }
    failingSince = null;
    failure = null;
    retry.reset();
  }

  private void failed(Throwable e) throws InterruptedException {
    if (signal.isStopped()) {
      throw new InterruptedException("stopped");
    }
    String message = String.valueOf(e.getMessage());
    Instant since;
    synchronized (this) {
      errors++;
      if (failingSince == null) {
        failingSince = Instant.now();
        LOG.warn("sink {} failed, and is tried again: {}", config.name(), message);
      }
      failure = message;
      since = failingSince;
    }
    if (Duration.between(since, Instant.now()).compareTo(config.disableAfter()) > 0) {
      halt(SinkState.DISABLED, "it has failed since " + since + ": " + message);
      return;
    }
    Duration asked = e instanceof SinkException asks ? asks.retryAfter() : null;
    long until = System.nanoTime() + retry.next(asked).toNanos();
    while (isRunning() && until - System.nanoTime() > 0) {
      Duration left = Duration.ofNanos(Math.max(0, until - System.nanoTime()));
      awaitErrand(left.compareTo(LOOK_EVERY) < 0 ? left : LOOK_EVERY);
    }
  }

  /** Ends forwarding until a person resumes it, and records that. */
  private void halt(String condition, String reason) throws InterruptedException {
    LOG.error("sink {} is {}: {}", config.name(), condition, reason);
    synchronized (this) {
      state = state.in(condition, reason);
      if (condition.equals(SinkState.DISABLED)) {
        trySave();
      }
    }
    closeSink();
    tryRecord(
        condition.equals(SinkState.DISABLED) ? ForwardingEvents.DISABLED : ForwardingEvents.STOPPED,
        false,
        out -> {
          courier.writePosition(out);
          out.writeStringField("reason", reason);
        });
  }

  private void tryRecord(String type, boolean success, ForwardingEvents.Fields fields)
      throws InterruptedException {
    var _ =
        signal.during(() -> {
          events.tryRecord(type, config.name(), success, fields);
          return true;
        });
  }

  @GuardedBy("this")
  private void trySave() {
    try {
      state.write(folder);
    } catch (IOException e) {
      LOG.warn("sink {}: its state can't be saved: {}", config.name(), e.getMessage());
    }
  }

  private void closeSink() {
    try {
      courier.close();
    } catch (IOException | RuntimeException e) {
      LOG.warn("sink {} can't be closed: {}", config.name(), e.getMessage());
    }
  }

  private synchronized boolean isRunning() {
    return state.isRunning();
  }

  /** Stops forwarding until it is resumed. */
  void pause(Actor actor) throws IOException, InterruptedException {
    String reason = "paused by " + (actor.name() == null ? "the server" : actor.name());
    synchronized (this) {
      state = state.in(SinkState.PAUSED, reason);
      state.write(folder);
    }
    recordPosition(ForwardingEvents.PAUSED, actor);
  }

  /** Goes on, after a pause, a failure or a position that did not fit. */
  void resume(Actor actor) throws IOException, InterruptedException {
    errand(() -> {
      courier.load();
      return true;
    });
    recordPosition(ForwardingEvents.RESUMED, actor);
    errand(() -> {
      synchronized (this) {
        state = state.in(SinkState.RUNNING, null);
        state.write(folder);
        failingSince = null;
        failure = null;
        retry.reset();
      }
      return true;
    });
  }

  private void recordPosition(String type, Actor actor) throws IOException, InterruptedException {
    events.record(type, config.name(), actor, true, courier::writePosition);
  }

  /**
   * Has the sink's thread do something between two batches, and waits for it.
   *
   * @throws IOException if it failed
   */
  <T> T errand(Callable<T> work) throws IOException, InterruptedException {
    FutureTask<T> task = new FutureTask<>(work);
    errands.add(task);
    if (!thread.isAlive() || signal.isStopped()) {
      task.cancel(false);
      throw new IOException("the server is being stopped");
    }
    return Objects.requireNonNull(SafePoint.awaiting(() -> Futures.from(task)));
  }

  /** The same for what needs the receiver. */
  <T> T errandOfRunning(Callable<T> work) throws IOException, InterruptedException {
    if (!isRunning()) {
      throw new NotRunningException(config.name());
    }
    return errand(work);
  }

  Courier courier() {
    return courier;
  }

  synchronized void reconciled(LastReconciliation last) {
    state = state.reconciled(last);
    trySave();
  }

  synchronized @Nullable LastReconciliation lastReconciliation() {
    return state.reconciliation();
  }

  /** Whether somebody should look at it; asks nothing of the log. */
  synchronized boolean isDegraded() {
    return !state.isRunning() || failingSince != null || dead.count() > 0;
  }

  /** How the sink is. */
  SinkStatus status() throws IOException {
    Position position = courier.position();
    long lag = Math.max(0, view.end() - position.nextId() + 1);
    Instant oldest =
        lag == 0 ? Instant.now() : view.recordedAt(view.behindRemoved(position.nextId() - 1) + 1);
    synchronized (this) {
      LastReconciliation last = state.reconciliation();
      boolean retrying = state.isRunning() && failingSince != null;
      return new SinkStatus(
          config.name(),
          config.type().name(),
          config.format().name(),
          retrying ? "retrying" : state.condition(),
          retrying ? failure : state.reason(),
          courier.level(),
          config.type().isQueryable(),
          position.nextId(),
          position.seq(),
          lag,
          Math.max(0, Duration.between(oldest, Instant.now()).toSeconds()),
          errors,
          failingSince == null ? null : failingSince.toString(),
          dead.count(),
          position.markers(),
          last != null && last.complete() ? last.throughSeq() : 0,
          last);
    }
  }

  private void awaitAnswer() {
    try {
      if (thread.isAlive()) {
        var _ = thread.join(GRACE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Begins to end the thread. */
  void stop() {
    signal.stop();
  }

  /**
   * Ends the thread. The answer to a batch under way is waited for some seconds, and the position
   * written; if none comes, the batch is sent again at the next start.
   */
  @Override
  public void close() {
    signal.stop();
    awaitAnswer();
    signal.expire();
    Uninterruptibly.join(thread);
    for (FutureTask<?> errand = errands.poll(); errand != null; errand = errands.poll()) {
      errand.cancel(false);
    }
    try {
      events.tryRecord(ForwardingEvents.STOPPED, config.name(), true, courier::writePosition);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
