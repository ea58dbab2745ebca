package io.tallystick.cli;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How far a command has come: one line that is written over, from the second second on, and wiped
 * at the end.
 */
final class ProgressBar implements AutoCloseable {
  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int WIDTH = 30;

  private final @Nullable PrintStream out;
  private final String what;
  private final long started = System.nanoTime();
  private long lastShown;
  private boolean shown;

  ProgressBar(@Nullable PrintStream out, String what) {
    this.out = out;
    this.what = what;
  }

  synchronized void at(long done, long total) {
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
    if (shown && out != null) {
      out.print("\r\u001b[K");
      out.flush();
      shown = false;
    }
  }
}
