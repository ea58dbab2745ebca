package io.tallystick.service.append;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.UnknownType;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.ShareExceededException;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Appends each event once. An event whose {@code request_id} the same source used within its last
 * {@code window} events is not appended again: if its content is the same, the answer names the
 * entry that is there already; if it differs, the whole batch is refused. An event without a {@code
 * request_id}, or with an empty one, is always appended. Safe for any number of threads; holds
 * across restarts.
 *
 * <p>Content is an {@link Event}: two events are equal exactly if their canonical encodings are.
 *
 * <p>The index finds the request ids of older entries. Those that it cannot find yet are held in
 * memory: a request first claims its new ids, all under one lock, and only then asks the index. So
 * at any moment an id is claimed, findable, or new. Of several requests with the same id at the
 * same time, one claims it and the others wait. A request only waits for claims that are older than
 * its own, so no two requests wait for each other. A claim ends when the index finds its entries,
 * or when nothing of it was written; then those who waited try again with a claim of their own.
 * {@link Claims} has them.
 */
public final class IdempotentAppender {
  public static final long WINDOW_EVENTS = 1_000_000;

  public static final int MAX_HELD = 200_000;

  private final AuditLog log;
  private final LogReader reader;
  private final AuditIndex index;
  private final long window;
  private final Claims claims;
  private final Duration timeout;
  private final long lastIdAtStart;

  /** An entry that has a request id. */
  private record Earlier(AppendResult.Place place, Event event) {}

  /** The events of one request, and which of them came first under their request id. */
  private static final class Batch {
    final List<Event> events;
    final Map<String, Integer> firsts = new LinkedHashMap<>();

    Batch(List<Event> events) {
      this.events = events;
      for (int i = 0; i < events.size(); i++) {
        String requestId = key(events.get(i));
        if (requestId == null) {
          continue;
        }
        Integer first = firsts.putIfAbsent(requestId, i);
        if (first != null && !isSame(events.get(first), events.get(i))) {
          throw RequestIdConflictException.inBatch(first, i, requestId);
        }
      }
    }

    /** Compares what was sent: the type limit may store an event differently the next time. */
    private static boolean isSame(Event one, Event other) {
      return one.equals(other) || UnknownType.original(one).equals(UnknownType.original(other));
    }

    boolean isFresh(int i, Map<String, Earlier> before) {
      String requestId = key(events.get(i));
      return requestId == null
          || (firsts.getOrDefault(requestId, -1) == i && !before.containsKey(requestId));
    }

    void checkSame(Map<String, Earlier> before) {
      before.forEach((requestId, earlier) -> {
        int first = firsts.getOrDefault(requestId, 0);
        if (!isSame(events.get(first), earlier.event())) {
          throw RequestIdConflictException.withEntry(first, requestId, earlier.place().id());
        }
      });
    }

    AppendResult result(Map<String, Earlier> before, @Nullable Receipt receipt) {
      List<AppendResult.Place> places = new ArrayList<>(events.size());
      int next = 0;
      for (int i = 0; i < events.size(); i++) {
        if (receipt != null && isFresh(i, before)) {
          places.add(place(receipt, next++));
          continue;
        }
        String requestId = String.valueOf(events.get(i).requestId());
        Earlier earlier = before.get(requestId);
        places.add(
            earlier == null
                ? places.get(firsts.getOrDefault(requestId, 0)).asReplay()
                : earlier.place());
      }
      return new AppendResult(places);
    }
  }

  /**
   * @param window how many of its events a source's request ids are remembered for
   * @param maxHeld how many request ids may be in memory; those that a source has beyond its share
   *     wait for the index
   * @param timeout for an acknowledgement
   */
  public IdempotentAppender(
      AuditLog log, AuditIndex index, long window, int maxHeld, Duration timeout) {
    this.log = log;
    this.reader = log.reader();
    this.index = index;
    this.window = window;
    this.claims = new Claims(index, maxHeld);
    this.timeout = timeout;
    this.lastIdAtStart = log.lastId();
  }

  /** Whether any of these events has a request id, so that it must not be appended twice. */
  public static boolean needed(List<Event> events) {
    return events.stream().anyMatch(event -> key(event) != null);
  }

  /** The request id that makes the event safe to repeat; {@code null} if it has none. */
  private static @Nullable String key(Event event) {
    String requestId = event.requestId();
    return requestId == null || requestId.isEmpty() ? null : requestId;
  }

  /**
   * Appends those of the events that are new, all or nothing, and waits until they are
   * acknowledged.
   *
   * @param source name of the API key that sent them; {@code null} for none. Events without a
   *     source share their request ids, and the window counts the entries of all sources
   * @throws RequestIdConflictException if a request id stands for another event; nothing was
   *     appended
   * @throws io.tallystick.store.log.LogException if nothing was appended
   * @throws IllegalArgumentException if an event does not fit into an entry; nothing was appended
   * @throws ShareExceededException if the source has its share of the request ids in memory, and
   *     the index does not follow; nothing was appended
   * @throws TimeoutException if it is not known yet whether they were appended
   */
  public AppendResult append(List<Event> events, @Nullable String source)
      throws IOException, InterruptedException, TimeoutException {
    Batch batch = new Batch(events);
    if (batch.firsts.isEmpty()) {
      Receipt receipt = Futures.from(log.append(events, source), timeout);
      return batch.result(Map.of(), receipt);
    }
    index.awaitIndexed(lastIdAtStart);
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      Claims.Claimed claimed = claims.claim(source, batch.firsts.keySet(), deadline);
      Claims.Claim own = claimed.own();
      Map<String, Earlier> before = new HashMap<>();
      List<Event> fresh = new ArrayList<>();
      CompletableFuture<Receipt> appended;
      try {
        if (!awaitOthers(claimed.others(), before, deadline)) {
          claims.drop(own);
          continue;
        }
        before.putAll(indexed(own));
        batch.checkSame(before);
        for (int i = 0; i < events.size(); i++) {
          if (batch.isFresh(i, before)) {
            fresh.add(events.get(i));
          }
        }
        appended =
            fresh.isEmpty() ? CompletableFuture.completedFuture(null) : log.append(fresh, source);
      } catch (IOException | InterruptedException | TimeoutException | RuntimeException | Error e) {
        claims.drop(own);
        throw e;
      }
      CompletableFuture<Receipt> settling =
          appended.whenComplete((receipt, failure) -> {
            if (failure == null) {
              settle(own, before, fresh, receipt);
            } else {
              claims.drop(own);
            }
          });
      return batch.result(before, Futures.from(settling, timeout));
    }
  }

  /**
   * Waits for the requests that hold ids of ours, and collects their entries.
   *
   * @return {@code false} if one of them wrote nothing, so that its ids are free again
   */
  private boolean awaitOthers(
      Map<String, Claims.Claim> others, Map<String, Earlier> before, long deadlineNanos)
      throws IOException, InterruptedException, TimeoutException {
    for (Map.Entry<String, Claims.Claim> other : others.entrySet()) {
      Claims.Claim claim = other.getValue();
      Duration left = Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
      if (!Futures.from(claim.done, left)) {
        return false;
      }
      long id = Objects.requireNonNull(claim.ids.get(other.getKey()));
      before.put(other.getKey(), earlier(id));
    }
    return true;
  }

  /** How many request ids are in memory. */
  int held() {
    return claims.size();
  }

  /** The newest entries that the index finds under ids of the claim, within the source's window. */
  private Map<String, Earlier> indexed(Claims.Claim own) throws IOException, InterruptedException {
    Map<String, StoredEntry> found = new HashMap<>();
    if (!own.requestIds.isEmpty()) {
      index.forEachRequest(
          own.source,
          own.requestIds,
          id -> {
            reader.read(id).ifPresent(stored -> keepNewest(found, stored, own.source));
            return true;
          });
    }
    Map<String, Earlier> earlier = new HashMap<>();
    for (Map.Entry<String, StoredEntry> one : found.entrySet()) {
      if (isWithinWindow(own.source, one.getValue().id())) {
        earlier.put(one.getKey(), earlier(one.getValue()));
      }
    }
    return earlier;
  }

  /**
   * Keeps the entry under its request id, unless another source wrote it or a newer one is kept.
   */
  private static void keepNewest(
      Map<String, StoredEntry> found, StoredEntry stored, @Nullable String source) {
    Entry entry = stored.decode();
    String requestId = key(entry.event());
    if (requestId != null && Objects.equals(entry.source(), source)) {
      found.merge(requestId, stored, (one, other) -> one.id() > other.id() ? one : other);
    }
  }

  private boolean isWithinWindow(@Nullable String source, long id)
      throws IOException, InterruptedException {
    if (log.lastId() - id < window) {
      return true;
    }
    AuditQuery since = AuditQuery.builder().source(source).since(reader.timestamp(id)).build();
    return index.count(since) <= window;
  }

  private void settle(
      Claims.Claim own, Map<String, Earlier> before, List<Event> fresh, @Nullable Receipt receipt) {
    for (String requestId : own.requestIds) {
      Earlier earlier = before.get(requestId);
      if (earlier != null) {
        own.ids.put(requestId, earlier.place().id());
      }
    }
    for (int i = 0; receipt != null && i < fresh.size(); i++) {
      String requestId = key(fresh.get(i));
      if (requestId != null) {
        own.ids.put(requestId, receipt.id(i));
      }
    }
    own.lastId = receipt == null ? 0 : receipt.lastId();
    claims.settle(own);
  }

  private static AppendResult.Place place(Receipt receipt, int i) {
    return new AppendResult.Place(receipt.id(i), receipt.hash(i), receipt.timestamp(i), false);
  }

  private Earlier earlier(long id) throws IOException {
    StoredEntry stored =
        reader
            .read(id)
            .orElseThrow(() -> new IOException("entry " + id + " was removed meanwhile"));
    return earlier(stored);
  }

  private static Earlier earlier(StoredEntry stored) {
    Entry entry = stored.decode();
    return new Earlier(
        new AppendResult.Place(stored.id(), stored.hash(), entry.timestamp(), true), entry.event());
  }
}
