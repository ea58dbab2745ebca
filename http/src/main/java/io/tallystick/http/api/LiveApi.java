package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.EventStream;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.FairBudget;
import io.tallystick.service.Limit;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.query.IndexedCheck;
import io.tallystick.service.query.LogView;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Entries as they are acknowledged: {@code GET /api/audit/live}, server-sent events. Supports every
 * filter of the list. Each {@code entry} event is an entry as in the list; where more match at once
 * than a person could read, one {@code more} event says up to which id they were left out. Where
 * retention removed entries that are still to come, one {@code removed} event says with which id
 * the log begins now, and the stream goes on there. Each key has a fair share of the streams.
 */
public final class LiveApi {
  public static final int MAX_LISTENERS = 200;

  private static final int MAX_AT_ONCE = 100;
  private static final Duration WAIT = Duration.ofSeconds(1);
  private static final long BEAT_NANOS = Duration.ofSeconds(10).toNanos();

  /** Between two searches, so that listeners to a busy log cost little. */
  private static final Duration PAUSE = Duration.ofMillis(250);

  private final Authenticator guard;
  private final FairBudget listeners;
  private volatile boolean stopped;

  public LiveApi(Authenticator guard, int maxListeners) {
    this.guard = guard;
    this.listeners = new FairBudget(maxListeners);
  }

  public void register(RoutesConfig routes) {
    Routes.get(
        routes, "/api/audit/live", guard.openToLimited(Permission.ADMIN_AUDIT, this::listen));
  }

  /** More entries match than are sent at once. */
  private record More(long lastId) {}

  /** Retention removed entries that were still to come; the log begins with this one. */
  private record Removed(long firstId) {}

  /** Ends every stream within about a second. */
  public void stop() {
    stopped = true;
  }

  private void listen(Context request, Caller caller) throws IOException, InterruptedException {
    AuditQuery query = QueryParser.live(Parameters.ofQuery(request.queryString()));
    IndexedCheck.check(caller.view(), query);
    if (request.method().equals(HandlerType.HEAD)) {
      request.contentType(EventStream.CONTENT_TYPE);
      return;
    }
    String key = caller.key().name();
    if (!listeners.tryAcquire(key, 1)) {
      throw new ShareExceededException(
          Limit.LIVE_STREAMS, key, listeners.held(key), listeners.total());
    }
    try {
      Long after = query.afterId();
      // Read before the answer begins, so that a client misses nothing after it sees that.
      long from = after == null ? caller.view().end() : after;
      follow(new EventStream(request), query, from, caller);
    } finally {
      listeners.release(key, 1);
    }
  }

  private void follow(EventStream stream, AuditQuery query, long afterId, Caller caller)
      throws IOException, InterruptedException {
    long after = afterId;
    long beaten = System.nanoTime();
    LogView view = caller.view();
    while (!stopped && guard.isStillGood(caller)) {
      if (view.awaitBeyond(after, WAIT)) {
        after = send(stream, view, query, after);
        Thread.sleep(PAUSE);
      }
      if (System.nanoTime() - beaten > BEAT_NANOS) {
        stream.heartbeat();
        beaten = System.nanoTime();
      }
    }
  }

  /** Sends what matches after this id; returns the id up to which all was sent. */
  private static long send(EventStream stream, LogView view, AuditQuery query, long after)
      throws IOException, InterruptedException {
    long behind = view.behindRemoved(after);
    if (behind > after) {
      Optional<Long> first =
          view.isWhole() ? Optional.of(behind + 1) : view.first(query.after(behind), true);
      if (first.isPresent()) {
        stream.send("removed", out -> AnswerJson.write(out, new Removed(first.get())));
      }
      return behind;
    }
    long last = view.end();
    List<Long> ids = new ArrayList<>();
    view.forEachMatch(
        query.after(after),
        id -> {
          ids.add(id);
          return ids.size() <= MAX_AT_ONCE;
        });
    if (ids.size() > MAX_AT_ONCE) {
      // Not the log's last id: that may be of an entry that the listener may not know of.
      long newest = view.first(query.after(after), false).orElse(ids.getLast());
      stream.send("more", out -> AnswerJson.write(out, new More(newest)));
      return Math.max(last, newest);
    }
    for (long id : ids) {
      List<StoredEntry> found = view.read(List.of(id));
      if (found.isEmpty()) {
        // Retention was faster; the next round tells the listener.
        return id - 1;
      }
      EntryView entry = view.entryViews().of(found.getFirst());
      stream.send("entry", out -> AnswerJson.write(out, entry));
    }
    return ids.isEmpty() ? last : Math.max(last, ids.getLast());
  }
}
