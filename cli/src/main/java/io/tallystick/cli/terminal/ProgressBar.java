package io.tallystick.cli.terminal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Shows the progress of a command in one line that is overwritten, beginning after a second, and
 * wiped at the end. Until the command reports progress, it counts the seconds. Thread-safe.
 */
public final class ProgressBar implements AutoCloseable {
  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int WIDTH = 30;

  private final @Nullable PrintStream out;
  private final String what;
  private final long started = System.nanoTime();

  @GuardedBy("this")
  private long lastShown;

  @GuardedBy("this")
  private boolean shown;

  @GuardedBy("this")
  private boolean counted;

  @GuardedBy("this")
  private boolean closed;

  ProgressBar(@Nullable PrintStream out, String what) {
    this.out = out;
    this.what = what;
    if (out != null) {
      Thread.ofVirtual().name("progress").start(this::tick);
    }
  }

  private void tick() {
    try {
      while (countSeconds()) {
        Thread.sleep(Duration.ofNanos(EVERY_NANOS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives {@code false} when there is nothing left to count. */
  private synchronized boolean countSeconds() {
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started);
    if (out == null || closed || counted) {
      return false;
    }
    if (seconds > 0) {
      shown = true;
      out.printf("\r%s ... %,d s ", what, seconds);
      out.flush();
    }
    return true;
  }

  /**
   * Reports progress.
   *
   * @param done of {@code total}, in any unit
   */
  public synchronized void at(long done, long total) {
    counted = true;
    long now = System.nanoTime();
    if (out == null || now - started < FIRST_NANOS || now - lastShown < EVERY_NANOS) {
      return;
    }
    lastShown = now;
    shown = true;
    double share = total <= 0 ? 0 : Math.clamp((double) done / total, 0, 1);
    int filled = (int) Math.round(share * WIDTH);
    long perSecond = (long) (done / ((now - started) / 1e9));
    out.printf(
        "\r%s [%s%s] %3.0f%%  %,d of %,d, %,d/s ",
        what, "#".repeat(filled), ".".repeat(WIDTH - filled), 100 * share, done, total, perSecond);
    out.flush();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (shown && out != null) {
      out.print("\r\u001b[K");
      out.flush();
      shown = false;
    }
  }
}
