package io.tallystick.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Map;

/**
 * An amount of something, bytes or places, that holders share: none may hold more than what is then
 * left for all others. So one alone can have half; N that want all they can get have 1/(N+1) each,
 * and as much is left for the next. Nothing has to be set for that, and nobody who holds little is
 * refused because of one who holds much.
 *
 * <p>In switches this rule is known as dynamic queue thresholds with α = 1 (Choudhury and Hahne,
 * 1998). Memory grows with those who hold something. Safe for any number of threads.
 */
public final class FairBudget {
  private final long total;

  @GuardedBy("this")
  private final Map<String, Long> held = new HashMap<>();

  @GuardedBy("this")
  private long used;

  public FairBudget(long total) {
    this.total = total;
  }

  /** Whether a holder may have so much more, of what is free. */
  public static boolean allows(long held, long free, long amount) {
    return held + amount <= free - amount;
  }

  /** Takes the amount for the holder, unless it would have more than its share. */
  public synchronized boolean tryAcquire(String holder, long amount) {
    if (!allows(held(holder), total - used, amount)) {
      return false;
    }
    used += amount;
    held.merge(holder, amount, Long::sum);
    return true;
  }

  /** Gives back an amount that the holder has. */
  public synchronized void release(String holder, long amount) {
    used -= amount;
    held.computeIfPresent(holder, (any, before) -> before == amount ? null : before - amount);
  }

  /** How much the holder has. */
  public synchronized long held(String holder) {
    return held.getOrDefault(holder, 0L);
  }

  /** How much there is in all. */
  public long total() {
    return total;
  }
}
