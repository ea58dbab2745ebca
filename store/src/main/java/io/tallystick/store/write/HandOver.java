package io.tallystick.store.write;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.store.log.LogException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where the sequencer leaves written blocks and the committer fetches them. One thread submits, one
 * takes; neither waits for the other, except in {@link #awaitIdle}.
 *
 * <p>A sequencer that finds the committer busy lets its block grow and goes back to its queue. So
 * the committer, when it runs out of work, first says that it is idle and then nudges that queue: a
 * sequencer that saw it busy is woken, and looks again.
 *
 * @param <T> a written block with what the committer needs to know of it
 */
final class HandOver<T> {
  private final AppendQueue queue;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition becameIdle = lock.newCondition();

  @GuardedBy("lock")
  private List<T> submitted = new ArrayList<>();

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private LogException.@Nullable Stopped failure;

  /** Written under {@link #lock}; the sequencer reads it without. */
  private volatile boolean idle = true;

  /**
   * @param queue is nudged whenever the committer becomes idle
   */
  HandOver(AppendQueue queue) {
    this.queue = queue;
  }

  /** Whether the committer has nothing to do, so that it would force the next block at once. */
  boolean isIdle() {
    return idle;
  }

  /** Leaves a block for the committer; never waits. */
  void submit(T block) {
    lock.lock();
    try {
      submitted.add(block);
      idle = false;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Everything that was submitted since the last call, in order; waits for it. The committer has
   * dealt with what it took before. Empty after {@link #close}, when nothing is left.
   */
  List<T> take() {
    lock.lock();
    try {
      if (submitted.isEmpty()) {
        idle = true;
        becameIdle.signal();
        queue.nudge();
      }
      while (submitted.isEmpty() && !closed) {
        changed.awaitUninterruptibly();
      }
      List<T> taken = submitted;
      submitted = new ArrayList<>();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the committer has dealt with everything that was submitted.
   *
   * @throws LogException.Stopped if it failed
   */
  void awaitIdle() throws LogException.Stopped {
    lock.lock();
    try {
      while (!idle && failure == null) {
        becameIdle.awaitUninterruptibly();
      }
      if (failure != null) {
        throw failure;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Notes why the committer can't make anything durable any more. */
  void fail(LogException.Stopped reason) {
    lock.lock();
    try {
      failure = reason;
      becameIdle.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Ends {@link #take} once everything that was submitted has been taken. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }
}
