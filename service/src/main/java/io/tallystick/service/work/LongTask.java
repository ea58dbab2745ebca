package io.tallystick.service.work;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.store.log.SafePoint;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Work that {@link LongTasks} runs, on a thread of its own. It computes while it has a turn, and
 * passes the turn on at a {@link SafePoint} when others wait. Whoever began it waits for its result
 * and may end it; both from any thread.
 */
public final class LongTask<T> {
  /** How long a task computes before it lets others compute, if any wait. */
  private static final long SLICE_NANOS = Duration.ofMillis(20).toNanos();

  private static final int COLLECTED_BYTES = 64 << 10;

  /** What a task does. */
  @FunctionalInterface
  public interface Work<T> {
    /**
     * Does it.
     *
     * @param task this one
     */
    T run(LongTask<?> task) throws Exception;
  }

  /** Writes, and may have to wait for whoever reads. */
  @FunctionalInterface
  public interface Write {
    void run() throws IOException, InterruptedException;
  }

  private final class Host implements SafePoint.Host {
    @Override
    public void atSafePoint() {
      checkNotEnded();
      if (turns.areWanted() && System.nanoTime() - sinceNanos > SLICE_NANOS) {
        giveTurnBack();
        takeTurn();
      }
    }

    @Override
    public void beforeWait() {
      giveTurnBack();
    }

    @Override
    public void afterWait() {
      takeTurn();
    }
  }

  /** Thrown at the safe points of a task that was ended. */
  private static final class EndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EndedException() {
      super("the task was ended", null, false, false);
    }
  }

  private final LongTasks tasks;
  private final Turns turns;
  private final String key;
  private final Work<T> work;
  private final CompletableFuture<T> result = new CompletableFuture<>();

  @GuardedBy("this")
  private boolean ended;

  /** The turn that is asked for or had. */
  @GuardedBy("this")
  private @Nullable CompletableFuture<Void> turn;

  /** Whether it has a turn. Confined to the task's thread, like the time since when. */
  private boolean computing;

  private long sinceNanos;

  LongTask(LongTasks tasks, Turns turns, String key, Work<T> work) {
    this.tasks = tasks;
    this.turns = turns;
    this.key = key;
    this.work = work;
  }

  void run() {
    try {
      T value;
      try {
        takeTurn();
        value = SafePoint.<T, Exception>call(new Host(), () -> work.run(this));
      } finally {
        giveTurnBack();
        tasks.over(this, key);
      }
      result.complete(value);
    } catch (Throwable e) {
      result.completeExceptionally(e);
    }
  }

  /**
   * Waits for the result.
   *
   * @throws TimeoutException if it is not there in this time; the task goes on
   * @throws ExecutionException with what the work threw
   */
  public T await(Duration most) throws InterruptedException, ExecutionException, TimeoutException {
    return result.get(most.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Ends it at its next safe point, or before it begins. Does not wait for that. */
  public void end() {
    CompletableFuture<Void> asked;
    synchronized (this) {
      ended = true;
      asked = turn;
    }
    if (asked != null) {
      asked.cancel(false);
    }
  }

  /** Waits until it is over, whatever comes of it; returns whether it is. */
  public boolean isOverWithin(Duration most) throws InterruptedException {
    try {
      await(most);
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    }
    return true;
  }

  /** Writes without a turn, so that a slow reader delays nobody. Called by the task itself. */
  public void write(Write write) throws IOException, InterruptedException {
    giveTurnBack();
    write.run();
    takeTurn();
  }

  /** A stream that collects what the task writes, and writes much of it at once without a turn. */
  public OutputStream collected(OutputStream out) {
    return new BufferedOutputStream(
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            giveTurnBack();
            out.write(bytes, offset, length);
            takeTurn();
          }
        },
        COLLECTED_BYTES);
  }

  private void takeTurn() {
    CompletableFuture<Void> asked;
    synchronized (this) {
      checkNotEnded();
      asked = turns.ask(key);
      turn = asked;
    }
    try {
      asked.join();
    } catch (CancellationException e) {
      throw new EndedException();
    }
    computing = true;
    sinceNanos = System.nanoTime();
  }

  private void giveTurnBack() {
    if (computing) {
      computing = false;
      turns.giveBack();
    }
  }

  private synchronized void checkNotEnded() {
    if (ended) {
      throw new EndedException();
    }
  }
}
