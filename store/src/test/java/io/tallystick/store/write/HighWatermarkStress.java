package io.tallystick.store.write;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What readers may see of the committer through a {@link HighWatermark}. */
final class HighWatermarkStress {
  private HighWatermarkStress() {}

  /** Longer than any wait for a processor, so only a lost wake-up takes this long. */
  private static final Duration NEVER = Duration.ofSeconds(20);

  /** An entry that is acknowledged while somebody begins to wait for it wakes the waiter. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "woken")
  @Outcome(expect = FORBIDDEN, desc = "the wake-up was lost")
  @State
  public static class WakesTheWaiter {
    private final HighWatermark watermark = new HighWatermark(0);

    @Actor
    public void committer() {
      watermark.through(1);
    }

    @Actor
    public void reader(I_Result result) {
      long started = System.nanoTime();
      try {
        boolean beyond = watermark.awaitBeyond(0, NEVER);
        result.r1 = beyond && System.nanoTime() - started < NEVER.toNanos() ? 1 : 0;
      } catch (InterruptedException e) {
        result.r1 = -1;
      }
    }
  }

  /**
   * A thread that sees an entry's id also sees everything that was done before it was acknowledged.
   */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = ACCEPTABLE,
      desc = "in order")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "acknowledged before it is there")
  @State
  public static class PublishesWhatIsBelow {
    private final HighWatermark watermark = new HighWatermark(0);

    /** Plain: the watermark has to order it. */
    private int entry;

    @Actor
    public void committer() {
      entry = 1;
      watermark.through(1);
    }

    @Actor
    public void reader(II_Result result) {
      result.r1 = (int) watermark.lastId();
      result.r2 = entry;
    }
  }

  /** No reader ever sees it go back. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "0, 1", "0, 2", "1, 1", "1, 2", "2, 2"},
      expect = ACCEPTABLE,
      desc = "forward")
  @Outcome(expect = FORBIDDEN, desc = "back")
  @State
  public static class NeverGoesBack {
    private final HighWatermark watermark = new HighWatermark(0);

    @Actor
    public void committer() {
      watermark.through(1);
      watermark.through(2);
    }

    @Actor
    public void reader(II_Result result) {
      result.r1 = (int) watermark.lastId();
      result.r2 = (int) watermark.lastId();
    }
  }
}
