package io.tallystick.store.log;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A place in long work where whoever runs it may end it or have it wait. Loops whose length depends
 * on the size of the log {@link #reach} one now and then, where they hold no lock.
 *
 * <p>Threads are not interrupted for this: an interrupt closes the file that its thread reads, and
 * others may be reading the same.
 */
public final class SafePoint {
  private static final ScopedValue<Host> HOST = ScopedValue.newInstance();

  private SafePoint() {}

  /** Who runs work. Called by the work, on its thread. */
  public interface Host {
    /** The work is at a safe point. Whatever this throws ends it. */
    void atSafePoint();

    /** The work is about to wait, and computes nothing until it goes on. */
    void beforeWait();

    /** The work goes on. Whatever this throws ends it. */
    void afterWait();
  }

  /** Waits for something. */
  @FunctionalInterface
  public interface Wait<T> {
    @Nullable T get() throws IOException, InterruptedException;
  }

  /** Does work on this thread, for a host. */
  public static <T, X extends Throwable> T call(
      Host host, ScopedValue.CallableOp<? extends T, X> work) throws X {
    return ScopedValue.where(HOST, host).<T, X>call(work);
  }

  /** Called by long work. Does nothing in work without a host. */
  public static void reach() {
    if (HOST.isBound()) {
      HOST.get().atSafePoint();
    }
  }

  /** Waits, after telling the host. */
  public static <T> @Nullable T awaiting(Wait<T> wait) throws IOException, InterruptedException {
    if (!HOST.isBound()) {
      return wait.get();
    }
    Host host = HOST.get();
    host.beforeWait();
    @Nullable T awaited = wait.get();
    host.afterWait();
    return awaited;
  }
}
