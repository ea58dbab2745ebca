package io.tallystick.store.seal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Requests that wait until a checkpoint covers their entries. Futures are completed outside the
 * lock. Safe for any number of threads.
 */
final class SealWaiters {
  private record Waiter(long size, CompletableFuture<SignedCheckpoint> covered) {}

  @GuardedBy("this")
  private final List<Waiter> waiters = new ArrayList<>();

  /** A future that ends with the first checkpoint over at least this many entries. */
  synchronized CompletableFuture<SignedCheckpoint> add(long size) {
    CompletableFuture<SignedCheckpoint> covered = new CompletableFuture<>();
    waiters.add(new Waiter(size, covered));
    return covered;
  }

  synchronized boolean isEmpty() {
    return waiters.isEmpty();
  }

  /** Completes the requests that the checkpoint covers. */
  void complete(SignedCheckpoint checkpoint) {
    List<Waiter> covered = new ArrayList<>();
    synchronized (this) {
      for (Iterator<Waiter> i = waiters.iterator(); i.hasNext(); ) {
        Waiter waiter = i.next();
        if (waiter.size() <= checkpoint.size()) {
          covered.add(waiter);
          i.remove();
        }
      }
    }
    covered.forEach(waiter -> waiter.covered().complete(checkpoint));
  }

  /** Fails all requests that wait. */
  void refuse(LogException reason) {
    List<Waiter> left;
    synchronized (this) {
      left = List.copyOf(waiters);
      waiters.clear();
    }
    left.forEach(waiter -> waiter.covered().completeExceptionally(reason));
  }
}
