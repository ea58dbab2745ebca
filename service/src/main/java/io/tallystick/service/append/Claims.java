package io.tallystick.service.append;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.IndexException;
import io.tallystick.service.FairBudget;
import io.tallystick.service.Limit;
import io.tallystick.service.ShareExceededException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The event ids in memory, because the index cannot find them yet, and who brought each first.
 * Sources share the memory fairly: one that brings them faster than the index follows waits for its
 * own, and no other source does. Safe for any number of threads.
 */
final class Claims {
  private final AuditIndex index;
  private final FairBudget memory;
  private final ReentrantLock lock = new ReentrantLock();

  /** A claim was settled or dropped. */
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final Map<Name, Claim> held = new HashMap<>();

  @GuardedBy("lock")
  private final Deque<Claim> settled = new ArrayDeque<>();

  private record Name(@Nullable String source, String eventId) {}

  /** The event ids that one request brought first. */
  static final class Claim {
    final @Nullable String source;
    final Set<String> eventIds = new HashSet<>();

    /** Completed with whether the log has the entries. */
    final CompletableFuture<Boolean> done = new CompletableFuture<>();

    // Written before done is completed, read after.
    final Map<String, Long> ids = new HashMap<>();
    long lastId;

    private Claim(@Nullable String source) {
      this.source = source;
    }
  }

  /**
   * What became of the event ids of one request.
   *
   * @param own those that it brought first
   * @param others who brought each of the others
   */
  record Claimed(Claim own, Map<String, Claim> others) {}

  /**
   * @param maxHeld how many event ids may be in memory
   */
  Claims(AuditIndex index, int maxHeld) {
    this.index = index;
    this.memory = new FairBudget(maxHeld);
  }

  /**
   * Claims those of the ids that no request holds. A source that has its share of the memory waits
   * until the index finds what it has.
   *
   * @param probe an id that is not claimed, but may be held; {@code null} for none
   * @throws ShareExceededException if it does not until then, or the index does not follow the log
   */
  Claimed claim(
      @Nullable String source,
      Collection<String> eventIds,
      @Nullable String probe,
      long deadlineNanos)
      throws IOException, InterruptedException {
    while (true) {
      long awaited;
      long foundThrough = index.visibleThrough();
      lock.lockInterruptibly();
      try {
        while (!settled.isEmpty() && settled.getFirst().lastId <= foundThrough) {
          release(settled.removeFirst());
        }
        if (memory.tryAcquire(holder(source), eventIds.size())) {
          return hold(source, eventIds, probe);
        }
        awaited = oldestSettled(source);
        if (awaited == 0 && changed.awaitNanos(deadlineNanos - System.nanoTime()) <= 0) {
          throw shareExceeded(source);
        }
      } finally {
        lock.unlock();
      }
      if (awaited > 0) {
        try {
          index.awaitIndexed(awaited);
        } catch (IndexException e) {
          throw shareExceeded(source);
        }
      }
    }
  }

  @GuardedBy("lock")
  private Claimed hold(
      @Nullable String source, Collection<String> eventIds, @Nullable String probe) {
    Claim own = new Claim(source);
    Map<String, Claim> others = new HashMap<>();
    for (String eventId : eventIds) {
      Claim holder = held.putIfAbsent(new Name(source, eventId), own);
      if (holder == null) {
        own.eventIds.add(eventId);
      } else {
        others.put(eventId, holder);
      }
    }
    memory.release(holder(source), others.size());
    Claim prober = probe == null ? null : held.get(new Name(source, probe));
    if (probe != null && prober != null) {
      others.put(probe, prober);
    }
    return new Claimed(own, others);
  }

  /** Up to where the index has to be for the source's oldest settled claim to end; 0 for none. */
  @GuardedBy("lock")
  private long oldestSettled(@Nullable String source) {
    long through = 0;
    for (Claim claim : settled) {
      through = Math.max(through, claim.lastId);
      if (Objects.equals(claim.source, source)) {
        return through;
      }
    }
    return 0;
  }

  /** The log has the entries of the claim, which ends when the index finds them. */
  void settle(Claim own) {
    lock.lock();
    try {
      settled.addLast(own);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    own.done.complete(true);
  }

  /** Nothing of the claim was written. */
  void drop(Claim own) {
    lock.lock();
    try {
      release(own);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    own.done.complete(false);
  }

  @GuardedBy("lock")
  private void release(Claim claim) {
    for (String eventId : claim.eventIds) {
      held.remove(new Name(claim.source, eventId));
    }
    memory.release(holder(claim.source), claim.eventIds.size());
  }

  /** How many event ids are in memory. */
  int size() {
    lock.lock();
    try {
      return held.size();
    } finally {
      lock.unlock();
    }
  }

  private ShareExceededException shareExceeded(@Nullable String source) {
    String holder = holder(source);
    return new ShareExceededException(Limit.EVENT_IDS, holder, memory.held(holder), memory.total());
  }

  private static String holder(@Nullable String source) {
    return source == null ? "" : source;
  }
}
