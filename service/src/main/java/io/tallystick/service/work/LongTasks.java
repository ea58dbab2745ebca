package io.tallystick.service.work;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.store.files.BackgroundThread;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what takes long: on platform threads, of which fewer than there are cores compute at any
 * time (one on a single core). Where more want to, the keys take turns, so that nobody waits for
 * all the work of somebody else; a task that writes to a slow client has no turn meanwhile. The
 * rest of the cores is for what must not wait, and these threads give way to it on their own cores
 * too. Safe for any number of threads.
 */
public final class LongTasks implements AutoCloseable {
  /** Most tasks of one key that run or wait. */
  public static final int MAX_PER_KEY = 16;

  /** Most tasks that run or wait; each has a thread, which costs little while it waits. */
  public static final int MAX = 128;

  private static final Logger LOG = LoggerFactory.getLogger(LongTasks.class);
  private static final Duration MAX_WAIT = Duration.ofSeconds(5);
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final Turns turns;
  private final ExecutorService threads;

  @GuardedBy("this")
  private final Map<String, Integer> byKey = new HashMap<>();

  @GuardedBy("this")
  private final Set<LongTask<?>> tasks = new HashSet<>();

  @GuardedBy("this")
  private boolean closed;

  /** On this machine's cores. */
  public LongTasks() {
    this(Math.max(1, Runtime.getRuntime().availableProcessors() - 1));
  }

  /**
   * @param turns how many may compute at the same time
   */
  LongTasks(int turns) {
    this.turns = new Turns(turns);
    this.threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work ->
                Thread.ofPlatform()
                    .name("tally-long-" + COUNT.incrementAndGet())
                    .daemon()
                    .unstarted(() -> {
                      BackgroundThread.enter();
                      work.run();
                    }));
  }

  /**
   * Begins a task.
   *
   * @param key whose turns it takes
   * @throws TooManyTasksException if this key, or all keys together, have too many already
   */
  public <T> LongTask<T> begin(String key, LongTask.Work<T> work) {
    LongTask<T> task = new LongTask<>(this, turns, key, work);
    synchronized (this) {
      int own = byKey.getOrDefault(key, 0);
      if (own >= MAX_PER_KEY) {
        throw new TooManyTasksException(
            "this key has " + own + " long requests under way, the most it may have");
      }
      if (closed || tasks.size() >= MAX) {
        throw new TooManyTasksException(
            "the server has " + tasks.size() + " long requests under way, the most it may have");
      }
      byKey.put(key, own + 1);
      tasks.add(task);
      threads.execute(task::run);
    }
    return task;
  }

  /** A task is over, and the next may begin. */
  void over(LongTask<?> task, String key) {
    synchronized (this) {
      if (tasks.remove(task)) {
        byKey.computeIfPresent(key, LongTasks::oneLess);
      }
    }
  }

  private static @Nullable Integer oneLess(String key, int count) {
    return count == 1 ? null : count - 1;
  }

  /** Does a part of a task on another thread, if a core is free for it; returns whether it does. */
  public boolean assist(Runnable part) {
    if (!turns.tryTake()) {
      return false;
    }
    try {
      threads.execute(() -> {
        try {
          part.run();
        } finally {
          turns.giveBack();
        }
      });
      return true;
    } catch (RejectedExecutionException e) {
      // This is closed.
      turns.giveBack();
      return false;
    }
  }

  /** Ends all tasks at their next safe point, and waits for that; begins none any more. */
  @Override
  public void close() {
    List<LongTask<?>> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(tasks);
      threads.shutdown();
    }
    left.forEach(LongTask::end);
    try {
      boolean over = threads.awaitTermination(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS);
      if (!over) {
        LOG.warn("a long request is still under way; what it reads may be closed under it");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
