package io.tallystick.service.append;

import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Appends each event once: one whose {@code request_id} the same source used within its last {@code
 * window} events is not appended again, but answered with the entry of the first time. Safe for any
 * number of threads; holds across restarts.
 *
 * <p>What the index can find is asked of the index. What it can't find yet is held in memory: a
 * request first claims its new ids, all under one lock, and only then asks the index. So at each
 * moment an id is claimed, or findable, or new, and of requests that bring the same id at the same
 * time one claims it and the others wait for that one. Waiting follows the order of the claims, so
 * there is no circle. A claim is dropped when the index finds its entries, or when nothing of it
 * was written.
 */
public final class IdempotentAppender {
  public static final long WINDOW_EVENTS = 1_000_000;

  public static final int MAX_HELD = 200_000;

  private final AuditLog log;
  private final LogReader reader;
  private final AuditIndex index;
  private final long window;
  private final int maxHeld;
  private final Duration timeout;
  private final long lastIdAtStart;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Map<Name, Claim> held = new HashMap<>();
  private final Deque<Claim> settled = new ArrayDeque<>();

  private record Name(String source, String requestId) {}

  /** The request ids that one request brought first. */
  private static final class Claim {
    final String source;
    final Set<String> requestIds = new HashSet<>();
    final CompletableFuture<Void> done = new CompletableFuture<>();

    // Written before done is completed, read after.
    final Map<String, Long> ids = new HashMap<>();
    long lastId;

    Claim(String source) {
      this.source = source;
    }
  }

  /**
   * @param window how many of its events a source's request ids are remembered for
   * @param maxHeld how many may be in memory before new ones wait for the index
   * @param timeout for an acknowledgement
   */
  public IdempotentAppender(
      AuditLog log, AuditIndex index, long window, int maxHeld, Duration timeout) {
    this.log = log;
    this.reader = log.reader();
    this.index = index;
    this.window = window;
    this.maxHeld = maxHeld;
    this.timeout = timeout;
    this.lastIdAtStart = log.lastId();
  }

  /**
   * Appends those of the events that are new, all or nothing, and waits until they are
   * acknowledged.
   *
   * @throws io.tallystick.store.log.LogException if nothing was appended
   * @throws IllegalArgumentException if an event does not fit into an entry; nothing was appended
   * @throws TimeoutException if it is not known yet whether they were appended
   */
  public AppendResult append(List<Event> events, String source)
      throws IOException, InterruptedException, TimeoutException {
    Map<String, Integer> firsts = new LinkedHashMap<>();
    for (int i = 0; i < events.size(); i++) {
      String requestId = events.get(i).requestId();
      if (requestId != null) {
        firsts.putIfAbsent(requestId, i);
      }
    }
    if (firsts.isEmpty()) {
      Receipt receipt = Futures.from(log.append(events, source), timeout);
      List<AppendResult.Place> places = new ArrayList<>();
      for (int i = 0; i < receipt.count(); i++) {
        places.add(place(receipt, i));
      }
      return new AppendResult(places, 0);
    }
    return appendOnce(events, source, firsts);
  }

  private AppendResult appendOnce(List<Event> events, String source, Map<String, Integer> firsts)
      throws IOException, InterruptedException, TimeoutException {
    index.awaitIndexed(lastIdAtStart);
    makeRoom();
    Claim own = new Claim(source);
    Map<String, Claim> others = claim(own, firsts.keySet());
    Map<String, Long> before = new HashMap<>();
    List<Event> fresh = new ArrayList<>();
    CompletableFuture<Receipt> appended;
    try {
      for (Map.Entry<String, Claim> other : others.entrySet()) {
        Futures.from(other.getValue().done, timeout);
        before.put(other.getKey(), other.getValue().ids.get(other.getKey()));
      }
      before.putAll(indexed(own));
      for (int i = 0; i < events.size(); i++) {
        if (isFresh(events, i, firsts, before)) {
          fresh.add(events.get(i));
        }
      }
      appended =
          fresh.isEmpty() ? CompletableFuture.completedFuture(null) : log.append(fresh, source);
    } catch (IOException | InterruptedException | TimeoutException | RuntimeException | Error e) {
      drop(own, e);
      throw e;
    }
    CompletableFuture<Receipt> settling =
        appended.whenComplete((receipt, failure) -> {
          if (failure == null) {
            settle(own, before, fresh, receipt);
          } else {
            drop(own, failure);
          }
        });
    return written(events, firsts, before, Futures.from(settling, timeout));
  }

  private static boolean isFresh(
      List<Event> events, int i, Map<String, Integer> firsts, Map<String, Long> before) {
    String requestId = events.get(i).requestId();
    return requestId == null
        || (firsts.getOrDefault(requestId, -1) == i && !before.containsKey(requestId));
  }

  /** Claims those ids that nobody holds, and returns who holds the others. */
  private Map<String, Claim> claim(Claim own, Collection<String> requestIds) {
    Map<String, Claim> others = new HashMap<>();
    lock.lock();
    try {
      for (String requestId : requestIds) {
        Claim holder = held.putIfAbsent(new Name(own.source, requestId), own);
        if (holder == null) {
          own.requestIds.add(requestId);
        } else {
          others.put(requestId, holder);
        }
      }
    } finally {
      lock.unlock();
    }
    return others;
  }

  /** Forgets what the index finds by now; waits for the index when too much is held. */
  private void makeRoom() throws IOException, InterruptedException {
    long awaited = 0;
    do {
      if (awaited > 0) {
        index.awaitIndexed(awaited);
      }
      long foundThrough = index.visibleThrough();
      lock.lock();
      try {
        while (!settled.isEmpty() && settled.getFirst().lastId <= foundThrough) {
          release(settled.removeFirst());
        }
        awaited = held.size() < maxHeld || settled.isEmpty() ? 0 : settled.getFirst().lastId;
      } finally {
        lock.unlock();
      }
    } while (awaited > 0);
  }

  /** How many request ids are in memory. */
  int held() {
    lock.lock();
    try {
      return held.size();
    } finally {
      lock.unlock();
    }
  }

  private void release(Claim claim) {
    claim.requestIds.forEach(requestId -> held.remove(new Name(claim.source, requestId)));
  }

  /** The claim's ids whose entries the index finds, and which of the source's they are. */
  private Map<String, Long> indexed(Claim own) throws IOException, InterruptedException {
    Map<String, Long> found = new HashMap<>();
    if (!own.requestIds.isEmpty()) {
      index.forEachRequest(
          own.source,
          own.requestIds,
          id -> {
            Optional<StoredEntry> entry = reader.read(id);
            String requestId = entry.isEmpty() ? null : entry.get().decode().event().requestId();
            if (requestId != null) {
              found.merge(requestId, id, Math::max);
            }
            return true;
          });
      for (String requestId : List.copyOf(found.keySet())) {
        if (!isWithinWindow(own.source, found.getOrDefault(requestId, 0L))) {
          found.remove(requestId);
        }
      }
    }
    return found;
  }

  private boolean isWithinWindow(String source, long id) throws IOException, InterruptedException {
    if (log.lastId() - id < window) {
      return true;
    }
    AuditQuery since = AuditQuery.builder().source(source).since(reader.timestamp(id)).build();
    return index.count(since) <= window;
  }

  private void settle(
      Claim own, Map<String, Long> before, List<Event> fresh, @Nullable Receipt receipt) {
    for (String requestId : own.requestIds) {
      Long id = before.get(requestId);
      if (id != null) {
        own.ids.put(requestId, id);
      }
    }
    for (int i = 0; receipt != null && i < fresh.size(); i++) {
      String requestId = fresh.get(i).requestId();
      if (requestId != null) {
        own.ids.put(requestId, receipt.id(i));
      }
    }
    own.lastId = receipt == null ? 0 : receipt.lastId();
    lock.lock();
    try {
      settled.addLast(own);
    } finally {
      lock.unlock();
    }
    own.done.complete(null);
  }

  private void drop(Claim own, Throwable reason) {
    lock.lock();
    try {
      release(own);
    } finally {
      lock.unlock();
    }
    own.done.completeExceptionally(reason);
  }

  private AppendResult written(
      List<Event> events,
      Map<String, Integer> firsts,
      Map<String, Long> before,
      @Nullable Receipt receipt)
      throws IOException {
    List<AppendResult.Place> places = new ArrayList<>();
    int next = 0;
    int replayed = 0;
    for (int i = 0; i < events.size(); i++) {
      String requestId = events.get(i).requestId();
      Long earlier = requestId == null ? null : before.get(requestId);
      if (receipt != null && isFresh(events, i, firsts, before)) {
        places.add(place(receipt, next++));
      } else if (earlier != null) {
        places.add(place(earlier));
        replayed++;
      } else {
        places.add(places.get(firsts.getOrDefault(requestId, 0)));
        replayed++;
      }
    }
    return new AppendResult(places, replayed);
  }

  private static AppendResult.Place place(Receipt receipt, int i) {
    return new AppendResult.Place(receipt.id(i), receipt.hash(i), receipt.timestamp(i));
  }

  private AppendResult.Place place(long id) throws IOException {
    Optional<StoredEntry> entry = reader.read(id);
    if (entry.isEmpty()) {
      throw new IOException("entry " + id + " was there and is not any more");
    }
    return new AppendResult.Place(id, entry.get().hash(), reader.timestamp(id));
  }
}
