package io.tallystick.http.auth;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.service.FairBudget;
import io.tallystick.service.Limit;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.tlog.Sha256;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of the web page. They are in memory only and are found by the hash of an opaque
 * random token. A session ends when it is idle for too long, when it is too old, when its key is
 * revoked or expires, or when the server stops. Memory is bounded, and keys share it fairly: beyond
 * its share, a new session of a key ends one of the same key. Safe for any number of threads.
 */
public final class Sessions {
  private static final int TOKEN_BYTES = 32;

  private final AccessKeys keys;
  private final SessionLimits limits;
  private final LongSupplier nanoTime;
  private final Consumer<Ended> onEnd;
  private final SecureRandom random = new SecureRandom();

  /** By id. */
  @GuardedBy("this")
  private final Map<String, Held> sessions = new HashMap<>();

  private static final class Held {
    final Session session;
    final long startNanos;

    /** Guarded by the sessions that hold this one. */
    long usedNanos;

    Held(Session session, long now) {
      this.session = session;
      this.startNanos = now;
      this.usedNanos = now;
    }
  }

  /**
   * A session that has just begun.
   *
   * @param token for the cookie
   * @param replaced the session of the same key that ended for this one; {@code null} for none
   */
  public record Begun(Session session, String token, @Nullable Session replaced) {
    @Override
    public String toString() {
      return "Begun[" + session + "]";
    }
  }

  /** A session that ended without signing out, and why. */
  public record Ended(Session session, String reason) {}

  /**
   * No sessions yet.
   *
   * @param onEnd called for each session that ends, except by {@link #end}
   */
  public Sessions(
      AccessKeys keys, SessionLimits limits, LongSupplier nanoTime, Consumer<Ended> onEnd) {
    this.keys = keys;
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.onEnd = onEnd;
  }

  /**
   * Begins a session for a client that signed in with this key.
   *
   * @throws ShareExceededException if there is no room, and the key has no session that could end
   */
  public Begun begin(AccessKey key, InetAddress from) {
    String token = randomText();
    Session session =
        new Session(sha256(token), key, randomText(), from, Instant.now().plus(limits.absolute()));
    Session replaced = null;
    synchronized (this) {
      List<Held> own =
          sessions.values().stream()
              .filter(held -> held.session.key().id().equals(key.id()))
              .toList();
      if (!FairBudget.allows(own.size(), limits.max() - sessions.size(), 1)) {
        replaced =
            own.stream()
                .min(Comparator.comparingLong(held -> held.usedNanos))
                .map(held -> held.session)
                .orElseThrow(
                    () -> new ShareExceededException(Limit.SESSIONS, key.name(), 0, limits.max()));
        sessions.remove(replaced.id());
      }
      sessions.put(session.id(), new Held(session, nanoTime.getAsLong()));
    }
    if (replaced != null) {
      onEnd.accept(new Ended(replaced, "too many sessions of this key"));
    }
    return new Begun(session, token, replaced);
  }

  /**
   * The session with this token, if it goes on.
   *
   * @param use whether its owner did this, so that it is not idle
   */
  Optional<Session> find(String token, boolean use) {
    return findById(sha256(token), use);
  }

  private Optional<Session> findById(String id, boolean use) {
    Ended ended = null;
    Session found = null;
    synchronized (this) {
      Held held = sessions.get(id);
      if (held != null) {
        long now = nanoTime.getAsLong();
        String reason = endOf(held, now);
        if (reason != null) {
          sessions.remove(id);
          ended = new Ended(held.session, reason);
        } else {
          found = held.session;
          held.usedNanos = use ? now : held.usedNanos;
        }
      }
    }
    if (ended != null) {
      onEnd.accept(ended);
    }
    return Optional.ofNullable(found);
  }

  /** Whether the session goes on. Does not count as use. */
  boolean isAlive(Session session) {
    return findById(session.id(), false).isPresent();
  }

  /** Ends the session with this token because its owner signed out. */
  public synchronized Optional<Session> end(String token) {
    return Optional.ofNullable(sessions.remove(sha256(token))).map(held -> held.session);
  }

  /** Ends those that are over. */
  public void sweep() {
    List<Ended> ended = new ArrayList<>();
    synchronized (this) {
      long now = nanoTime.getAsLong();
      sessions
          .values()
          .removeIf(held -> {
            String reason = endOf(held, now);
            return reason != null && ended.add(new Ended(held.session, reason));
          });
    }
    ended.forEach(onEnd);
  }

  /** Ends all, because the server stops. */
  public void endAll() {
    List<Ended> ended;
    synchronized (this) {
      ended =
          sessions.values().stream()
              .map(held -> new Ended(held.session, "server stopped"))
              .toList();
      sessions.clear();
    }
    ended.forEach(onEnd);
  }

  /** How long a session may be idle. */
  public Duration idle() {
    return limits.idle();
  }

  /** Why the session is over; {@code null} if it goes on. */
  private @Nullable String endOf(Held held, long now) {
    if (now - held.startNanos >= limits.absolute().toNanos()) {
      return "too old";
    }
    if (now - held.usedNanos >= limits.idle().toNanos()) {
      return "idle";
    }
    return keys.good(held.session.key().id()).isEmpty() ? "key revoked or expired" : null;
  }

  private String randomText() {
    byte[] bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String sha256(String token) {
    return Sha256.hex(token.getBytes(StandardCharsets.UTF_8));
  }
}
