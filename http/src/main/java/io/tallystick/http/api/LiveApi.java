package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.EventStream;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.FairBudget;
import io.tallystick.service.Limit;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.query.IndexedCheck;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

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

  private final LogReader log;
  private final AuditIndex index;
  private final Authenticator guard;
  private final FairBudget listeners;
  private volatile boolean stopped;

  public LiveApi(LogReader log, AuditIndex index, Authenticator guard, int maxListeners) {
    this.log = log;
    this.index = index;
    this.guard = guard;
    this.listeners = new FairBudget(maxListeners);
  }

  public void register(RoutesConfig routes) {
    Routes.get(routes, "/api/audit/live", guard.guarded(Permission.ADMIN_AUDIT, this::listen));
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
    IndexedCheck.check(index, query);
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
      long from = after == null ? log.lastId() : after;
      follow(new EventStream(request), query, from, caller);
    } finally {
      listeners.release(key, 1);
    }
  }

  private void follow(EventStream stream, AuditQuery query, long afterId, Caller caller)
      throws IOException, InterruptedException {
    long after = afterId;
    long beaten = System.nanoTime();
    while (!stopped && guard.isStillGood(caller)) {
      if (log.awaitBeyond(after, WAIT)) {
        after = send(stream, query, after);
        Thread.sleep(PAUSE);
      }
      if (System.nanoTime() - beaten > BEAT_NANOS) {
        stream.heartbeat();
        beaten = System.nanoTime();
      }
    }
  }

  /** Sends what matches after this id; returns the id up to which all was sent. */
  private long send(EventStream stream, AuditQuery query, long after)
      throws IOException, InterruptedException {
    long firstId = log.firstId();
    if (after < firstId - 1) {
      stream.send("removed", out -> AnswerJson.write(out, new Removed(firstId)));
      return firstId - 1;
    }
    long last = log.lastId();
    List<Long> ids = new ArrayList<>();
    index.forEachMatch(
        query.after(after),
        id -> {
          ids.add(id);
          return ids.size() <= MAX_AT_ONCE;
        });
    if (ids.size() > MAX_AT_ONCE) {
      stream.send("more", out -> AnswerJson.write(out, new More(last)));
      return last;
    }
    for (long id : ids) {
      EntryView entry;
      try {
        entry = EntryView.of(log.read(id).orElseThrow());
      } catch (LogException.Removed e) {
        // Retention was faster; the next round tells the listener.
        return id - 1;
      }
      stream.send("entry", out -> AnswerJson.write(out, entry));
    }
    return ids.isEmpty() ? last : Math.max(last, ids.getLast());
  }
}
