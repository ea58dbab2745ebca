package io.tallystick.http.auth;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts failed attempts by address, an IPv6 address with its whole /64. The first few in a window
 * are answered and logged one by one, the rest only counted. Memory is bounded: beyond {@value
 * #MAX_ADDRESSES} addresses at once, all others share one count. Safe for any number of threads.
 */
public final class FailureLimiter {
  static final int MAX_ADDRESSES = 1_000;

  private static final int IPV6_NETWORK_BYTES = 8;

  private final int maxFailures;
  private final long windowNanos;
  private final LongSupplier nanoTime;

  /** By network; {@code null} for all that have no window of their own. */
  @GuardedBy("this")
  private final Map<@Nullable InetAddress, Window> windows = new HashMap<>();

  private static final class Window {
    final long startNanos;
    long failures;

    Window(long startNanos) {
      this.startNanos = startNanos;
    }
  }

  /**
   * How a failed attempt is handled.
   *
   * @param limited whether it is answered 429, and logged only with its window
   * @param retryAfter when the window ends
   */
  record Verdict(boolean limited, Duration retryAfter) {}

  /**
   * A window that ended with attempts that were not logged one by one.
   *
   * @param network where they came from; {@code null} for many places
   * @param failures all attempts in the window
   */
  public record Flood(@Nullable InetAddress network, long failures) {}

  public FailureLimiter(int maxFailures, Duration window, LongSupplier nanoTime) {
    this.maxFailures = maxFailures;
    this.windowNanos = window.toNanos();
    this.nanoTime = nanoTime;
  }

  synchronized Verdict failed(InetAddress address) {
    long now = nanoTime.getAsLong();
    InetAddress network = network(address);
    if (!windows.containsKey(network) && windows.size() >= MAX_ADDRESSES) {
      network = null;
    }
    Window window = windows.computeIfAbsent(network, any -> new Window(now));
    window.failures++;
    long left = Math.max(0, window.startNanos + windowNanos - now);
    return new Verdict(window.failures > maxFailures, Duration.ofNanos(left));
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
    List<Flood> floods = new ArrayList<>();
    Iterator<Map.Entry<@Nullable InetAddress, Window>> all = windows.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<@Nullable InetAddress, Window> one = all.next();
      if (now - one.getValue().startNanos >= minAgeNanos) {
        all.remove();
        if (one.getValue().failures > maxFailures) {
          floods.add(new Flood(one.getKey(), one.getValue().failures));
        }
      }
    }
    return floods;
  }

  private static InetAddress network(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, IPV6_NETWORK_BYTES, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an IPv6 address has 16 bytes", e);
    }
  }
}
