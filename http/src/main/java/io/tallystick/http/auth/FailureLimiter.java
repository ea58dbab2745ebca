package io.tallystick.http.auth;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.http.wire.Network;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of failed attempts, which strangers can make as many of as they like.
 *
 * <ul>
 *   <li>Attempts are counted by address, an IPv6 address with its whole /64. The first few in a
 *       window are answered as what they are, the rest as too many.
 *   <li>The first few are logged one by one. Attempts with a key that exists are counted apart from
 *       junk, so that junk does not hide them. The rest are one entry when the window ends, which
 *       names the keys.
 *   <li>Of all addresses together, {@value #ADDRESSES_WORTH} times as many of either kind are
 *       logged one by one in a window, and as many windows as one address has attempts end with an
 *       entry of their own. Whatever is beyond that is in one entry a window.
 * </ul>
 *
 * <p>So strangers can't fill the log, from however many addresses they come. Memory is bounded:
 * beyond {@value #MAX_ADDRESSES} addresses at once, all others share one count. Safe for any number
 * of threads.
 */
public final class FailureLimiter {
  static final int MAX_ADDRESSES = 1_000;

  /** How many times what one address may have logged all may have logged together. */
  static final int ADDRESSES_WORTH = 10;

  /** So many of the keys that were involved are named in an entry. */
  static final int MAX_NAMED_KEYS = 10;

  /** So many different keys, and addresses of a shared window, are told apart. */
  private static final int MAX_KEYS = 100;

  private static final int MAX_SHARED = 10_000;

  private final int maxFailures;
  private final long windowNanos;
  private final LongSupplier nanoTime;

  /** By network; {@code null} for all that have no window of their own. */
  @GuardedBy("this")
  private final Map<@Nullable InetAddress, Window> windows = new HashMap<>();

  /** What was logged of all addresses since this began. */
  @GuardedBy("this")
  private Overall overall;

  /** Attempts that are counted together. */
  private static final class Window {
    final long startNanos;
    long failures;
    long knownKeys;
    long unlogged;
    final Set<String> keys = new LinkedHashSet<>();
    final Set<InetAddress> networks = new HashSet<>();

    Window(long startNanos) {
      this.startNanos = startNanos;
    }

    void add(Window other) {
      failures += other.failures;
      knownKeys += other.knownKeys;
      unlogged += other.unlogged;
      other.keys.forEach(key -> note(keys, key, MAX_KEYS));
      other.networks.forEach(network -> note(networks, network, MAX_SHARED));
    }

    static <T> void note(Set<T> all, T one, int most) {
      if (all.size() < most) {
        all.add(one);
      }
    }
  }

  private static final class Overall {
    final Window rest;
    int junk;
    int knownKeys;
    int floods;

    Overall(long startNanos) {
      this.rest = new Window(startNanos);
    }
  }

  /**
   * How a failed attempt is handled.
   *
   * @param limited whether it is answered 429
   * @param logged whether it is logged by itself, and not only counted
   * @param retryAfter when the window ends
   */
  record Verdict(boolean limited, boolean logged, Duration retryAfter) {}

  /**
   * Attempts that were not all logged one by one.
   *
   * @param network where they came from; {@code null} for many places
   * @param addresses how many there were, an IPv6 network counting once; at most 10,000 are told
   *     apart
   * @param failures all attempts
   * @param knownKeys how many of them had a key that exists or existed
   * @param unlogged how many of them have no entry of their own
   * @param keys ids of those keys, at most {@link #MAX_NAMED_KEYS}
   * @param moreKeys how many other keys there were; at most 90 are told apart
   */
  public record Flood(
      @Nullable InetAddress network,
      int addresses,
      long failures,
      long knownKeys,
      long unlogged,
      List<String> keys,
      int moreKeys) {
    public Flood {
      keys = List.copyOf(keys);
    }
  }

  public FailureLimiter(int maxFailures, Duration window, LongSupplier nanoTime) {
    this.maxFailures = maxFailures;
    this.windowNanos = window.toNanos();
    this.nanoTime = nanoTime;
    this.overall = new Overall(nanoTime.getAsLong());
  }

  /**
   * Counts an attempt.
   *
   * @param keyId of the key that was sent, if there is or was such a key
   */
  synchronized Verdict failed(InetAddress address, @Nullable String keyId) {
    long now = nanoTime.getAsLong();
    InetAddress from = Network.of(address);
    boolean shared = !windows.containsKey(from) && windows.size() >= MAX_ADDRESSES;
    Window window = windows.computeIfAbsent(shared ? null : from, any -> new Window(now));
    window.failures++;
    Window.note(window.networks, from, MAX_SHARED);
    boolean logged;
    if (keyId == null) {
      logged = window.failures - window.knownKeys <= maxFailures && overall.junk < maxLoggedOfAll();
      overall.junk += logged ? 1 : 0;
    } else {
      window.knownKeys++;
      Window.note(window.keys, keyId, MAX_KEYS);
      logged = window.knownKeys <= maxFailures && overall.knownKeys < maxLoggedOfAll();
      overall.knownKeys += logged ? 1 : 0;
    }
    window.unlogged += logged ? 0 : 1;
    long left = Math.max(0, window.startNanos + windowNanos - now);
    return new Verdict(window.failures > maxFailures, logged, Duration.ofNanos(left));
  }

  private long maxLoggedOfAll() {
    return (long) ADDRESSES_WORTH * maxFailures;
  }

  /** Forgets the windows that have ended, and returns those of them that have to be logged. */
  public synchronized List<Flood> ended() {
    return take(windowNanos);
  }

  /** Forgets all windows, and returns those that have to be logged. */
  public synchronized List<Flood> endAll() {
    return take(Long.MIN_VALUE);
  }

  @GuardedBy("this")
  private List<Flood> take(long minAgeNanos) {
    long now = nanoTime.getAsLong();
    List<Map.Entry<@Nullable InetAddress, Window>> ended = new ArrayList<>();
    Iterator<Map.Entry<@Nullable InetAddress, Window>> all = windows.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<@Nullable InetAddress, Window> one = all.next();
      if (now - one.getValue().startNanos >= minAgeNanos) {
        all.remove();
        if (one.getValue().unlogged > 0) {
          ended.add(one);
        }
      }
    }
    // The largest floods keep an entry of their own.
    ended.sort(Comparator.comparingLong(one -> -one.getValue().unlogged));
    List<Flood> floods = new ArrayList<>();
    for (Map.Entry<@Nullable InetAddress, Window> one : ended) {
      if (overall.floods < maxFailures && one.getValue().failures > maxFailures) {
        overall.floods++;
        floods.add(flood(one.getKey(), one.getValue()));
      } else {
        overall.rest.add(one.getValue());
      }
    }
    if (now - overall.rest.startNanos >= minAgeNanos) {
      if (overall.rest.unlogged > 0) {
        floods.add(flood(null, overall.rest));
      }
      overall = new Overall(now);
    }
    return floods;
  }

  private static Flood flood(@Nullable InetAddress network, Window window) {
    List<String> named = window.keys.stream().limit(MAX_NAMED_KEYS).toList();
    return new Flood(
        network,
        window.networks.size(),
        window.failures,
        window.knownKeys,
        window.unlogged,
        named,
        window.keys.size() - named.size());
  }
}
