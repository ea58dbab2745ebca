package io.tallystick.service.append;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.answer.PartialEntry;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Appends each event once. An event whose {@code event_id} the same source used within its last
 * {@code window} events is not appended again: if its content is the same, the answer names the
 * entry that is there already; if it differs, the whole request is refused, or with {@code partial}
 * the event. An event without an {@code event_id} is always appended. Safe for any number of
 * threads; holds across restarts.
 *
 * <p>Content is an {@link Event}: two events are equal exactly if their canonical encodings are.
 * Personal values count as long as the entry has them; an event whose values were erased is known
 * by its id and the rest.
 *
 * <p>The index finds the event ids of older entries. Those that it cannot find yet are held in
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

  /**
   * @param window how many of its events a source's event ids are remembered for
   * @param maxHeld how many event ids may be in memory; those that a source has beyond its share
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

  /** Whether any of these events has an id, so that it must not be appended twice. */
  public static boolean needed(List<Event> events) {
    return events.stream().anyMatch(event -> event.eventId() != null);
  }

  /** Appends a request of these events and nothing more, see the other one. */
  public AppendResult append(List<Event> events, @Nullable String source)
      throws IOException, InterruptedException, TimeoutException {
    return append(AppendRequest.of(events), source);
  }

  /**
   * Appends those of the events that are new, all or nothing, and waits until they are
   * acknowledged.
   *
   * @param source name of the API key that sent them; {@code null} for none. Events without a
   *     source share their event ids, and the window counts the entries of all sources
   * @throws EventIdConflictException if an id or the request's key stands for something else;
   *     nothing was appended
   * @throws io.tallystick.store.log.LogException if nothing was appended
   * @throws IllegalArgumentException if an event does not fit into an entry; nothing was appended
   * @throws ShareExceededException if the source has its share of the event ids in memory, and the
   *     index does not follow; nothing was appended
   * @throws TimeoutException if it is not known yet whether they were appended
   */
  public AppendResult append(AppendRequest request, @Nullable String source)
      throws IOException, InterruptedException, TimeoutException {
    AppendBatch batch = new AppendBatch(request);
    if (batch.firsts().isEmpty()) {
      Receipt receipt =
          request.events().isEmpty()
              ? null
              : Futures.from(log.append(request.events(), source), timeout);
      return batch.result(Map.of(), receipt);
    }
    index.awaitIndexed(lastIdAtStart);
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      Claims.Claimed claimed =
          claims.claim(source, batch.firsts().keySet(), batch.probe(), deadline);
      Claims.Claim own = claimed.own();
      Map<String, AppendBatch.Earlier> before = new HashMap<>();
      List<Event> fresh;
      CompletableFuture<Receipt> appended;
      try {
        if (!awaitOthers(claimed.others(), before, deadline)) {
          claims.drop(own);
          continue;
        }
        before.putAll(indexed(own, batch.probe()));
        fresh = batch.fresh(before);
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
      Map<String, Claims.Claim> others, Map<String, AppendBatch.Earlier> before, long deadlineNanos)
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

  /** How many event ids are in memory. */
  int held() {
    return claims.size();
  }

  /** The newest entries that the index finds under these ids, within the source's window. */
  private Map<String, AppendBatch.Earlier> indexed(Claims.Claim own, @Nullable String probe)
      throws IOException, InterruptedException {
    Map<String, StoredEntry> found = new HashMap<>();
    Set<String> ids = new HashSet<>(own.eventIds);
    if (probe != null) {
      ids.add(probe);
    }
    if (!ids.isEmpty()) {
      index.forEachEvent(
          own.source,
          ids,
          id -> {
            reader.read(id).ifPresent(stored -> keepNewest(found, stored, own.source));
            return true;
          });
    }
    Map<String, AppendBatch.Earlier> earlier = new HashMap<>();
    for (Map.Entry<String, StoredEntry> one : found.entrySet()) {
      if (isWithinWindow(own.source, one.getValue().id())) {
        earlier.put(one.getKey(), earlier(one.getValue()));
      }
    }
    return earlier;
  }

  /** Keeps the entry under its event id, unless another source wrote it or a newer one is kept. */
  private static void keepNewest(
      Map<String, StoredEntry> found, StoredEntry stored, @Nullable String source) {
    Entry entry = stored.decode();
    String eventId = entry.event().eventId();
    if (eventId != null && Objects.equals(entry.source(), source)) {
      found.merge(eventId, stored, (one, other) -> one.id() > other.id() ? one : other);
    }
  }

  private boolean isWithinWindow(@Nullable String source, long id)
      throws IOException, InterruptedException {
    if (log.lastId() - id < window) {
      return true;
    }
    AuditQuery since =
        AuditQuery.builder().text(EntryField.SOURCE, source).since(reader.timestamp(id)).build();
    return index.count(since) <= window;
  }

  private void settle(
      Claims.Claim own,
      Map<String, AppendBatch.Earlier> before,
      List<Event> fresh,
      @Nullable Receipt receipt) {
    for (String eventId : own.eventIds) {
      AppendBatch.Earlier earlier = before.get(eventId);
      if (earlier != null) {
        own.ids.put(eventId, earlier.place().id());
      }
    }
    for (int i = 0; receipt != null && i < fresh.size(); i++) {
      String eventId = fresh.get(i).eventId();
      if (eventId != null) {
        own.ids.put(eventId, receipt.id(i));
      }
    }
    own.lastId = receipt == null ? 0 : receipt.lastId();
    claims.settle(own);
  }

  private AppendBatch.Earlier earlier(long id) throws IOException {
    StoredEntry stored =
        reader
            .read(id)
            .orElseThrow(() -> new IOException("entry " + id + " was removed meanwhile"));
    return earlier(stored);
  }

  private static AppendBatch.Earlier earlier(StoredEntry stored) {
    PartialEntry read = PartialEntry.of(stored);
    Entry entry = read.entry();
    return new AppendBatch.Earlier(
        new AppendResult.Place(stored.id(), stored.hash(), entry.timestamp(), true),
        read.event(),
        read.gone());
  }
}
