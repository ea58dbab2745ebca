package io.tallystick.service.work;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Turns to compute, a few at a time. Keys that wait get them in rotation, and those of one key in
 * the order in which they asked. Safe for any number of threads.
 */
final class Turns {
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private int free;

  /** Who waits, by key. The first key is the next. */
  @GuardedBy("lock")
  private final SequencedMap<String, Deque<CompletableFuture<Void>>> waiting =
      new LinkedHashMap<>();

  /**
   * @param count how many turns there are
   */
  Turns(int count) {
    this.free = count;
  }

  /**
   * Asks for a turn. What is returned is done when it is there; whoever cancels it before asks no
   * more.
   */
  CompletableFuture<Void> ask(String key) {
    CompletableFuture<Void> turn = new CompletableFuture<>();
    lock.lock();
    try {
      if (free > 0) {
        free--;
        turn.complete(null);
      } else {
        waiting.computeIfAbsent(key, any -> new ArrayDeque<>()).add(turn);
      }
    } finally {
      lock.unlock();
    }
    return turn;
  }

  /** Takes a turn if one is free now. */
  boolean tryTake() {
    lock.lock();
    try {
      if (free == 0) {
        return false;
      }
      free--;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a turn back: to the next one who waits, if there is any. */
  void giveBack() {
    lock.lock();
    try {
      boolean taken = false;
      while (!taken) {
        Map.Entry<String, Deque<CompletableFuture<Void>>> next = waiting.pollFirstEntry();
        if (next == null) {
          free++;
          return;
        }
        Deque<CompletableFuture<Void>> line = next.getValue();
        taken = line.remove().complete(null);
        if (!line.isEmpty()) {
          waiting.put(next.getKey(), line);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether anybody waits for one, or did lately. */
  boolean areWanted() {
    lock.lock();
    try {
      return !waiting.isEmpty();
    } finally {
      lock.unlock();
    }
  }
}
