package io.tallystick.http.auth;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.service.Limit;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * The keys that had their share of what all keys share and wanted more. Each time counts in the
 * metrics. The first time is an entry at once, and those of the minute after it are one more entry.
 * Memory is bounded by the number of keys. Safe for any number of threads.
 */
public final class LimitedKeys {
  private static final Duration WINDOW = Duration.ofMinutes(1);

  private final SecurityEvents events;
  private final BiConsumer<String, Limit> metric;
  private final LongSupplier nanoTime;

  @GuardedBy("this")
  private final Map<Name, Window> windows = new HashMap<>();

  private record Name(String keyId, Limit limit) {}

  private static final class Window {
    final long startNanos;
    final Caller caller;
    long more;

    Window(long startNanos, Caller caller) {
      this.startNanos = startNanos;
      this.caller = caller;
    }
  }

  /**
   * @param metric given the name of the key and the limit each time
   */
  public LimitedKeys(
      SecurityEvents events, BiConsumer<String, Limit> metric, LongSupplier nanoTime) {
    this.events = events;
    this.metric = metric;
    this.nanoTime = nanoTime;
  }

  /** A key reached its share and wanted more. */
  public void reached(Caller caller, Limit limit) {
    metric.accept(caller.key().name(), limit);
    synchronized (this) {
      Window window = windows.get(new Name(caller.key().id(), limit));
      if (window != null) {
        window.more++;
        return;
      }
      windows.put(new Name(caller.key().id(), limit), new Window(nanoTime.getAsLong(), caller));
    }
    events.keyLimited(caller.key(), caller.address(), limit, 1, Duration.ZERO);
  }

  /** Writes the entries of the minutes that are over. */
  public void logEnded() {
    log(WINDOW.toNanos());
  }

  /** Writes the entries of all minutes that have begun. */
  public void logAll() {
    log(Long.MIN_VALUE);
  }

  private void log(long minAgeNanos) {
    Map<Name, Window> ended = new HashMap<>();
    synchronized (this) {
      long now = nanoTime.getAsLong();
      Iterator<Map.Entry<Name, Window>> all = windows.entrySet().iterator();
      while (all.hasNext()) {
        Map.Entry<Name, Window> one = all.next();
        if (now - one.getValue().startNanos >= minAgeNanos) {
          all.remove();
          ended.put(one.getKey(), one.getValue());
        }
      }
    }
    ended.forEach((name, window) -> {
      if (window.more > 0) {
        Caller caller = window.caller;
        events.keyLimited(caller.key(), caller.address(), name.limit(), window.more, WINDOW);
      }
    });
  }
}
