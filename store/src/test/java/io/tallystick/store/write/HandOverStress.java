package io.tallystick.store.write;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tallystick.store.log.LogException;
import io.tallystick.store.seal.StopLatch;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What the sequencer and the committer may see of each other through a {@link HandOver}. */
final class HandOverStress {
  private HandOverStress() {}

  /**
   * A sequencer that finds the committer busy goes back to its queue, and is woken when the
   * committer runs out of work; a hang is a failure.
   */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "the committer got the second block")
  @Outcome(expect = FORBIDDEN, desc = "the second block stays behind")
  @State
  public static class NudgesTheSequencer {
    private final AppendQueue queue = new AppendQueue(1 << 20, new StopLatch());
    private final HandOver<Integer> handOver = new HandOver<>(queue);

    public NudgesTheSequencer() {
      handOver.submit(1);
    }

    @Actor
    public void sequencer() {
      while (!handOver.isIdle()) {
        queue.take(true);
      }
      handOver.submit(2);
    }

    @Actor
    public void committer(I_Result result) {
      handOver.take();
      result.r1 = handOver.take().getFirst();
    }
  }

  /**
   * The nudge alone, with nothing around it that would make the two threads meet less often. A
   * sequencer announces that it sleeps and then looks for a nudge; the committer nudges and then
   * looks for a sleeper. Without a fence between the two steps, as with release and acquire instead
   * of volatile, a processor may do the second before the first, and nobody wakes anybody.
   */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "woken by the nudge, with nothing to take")
  @Outcome(expect = FORBIDDEN, desc = "something was there")
  @State
  public static class ANudgeIsNeverLost {
    private final AppendQueue queue = new AppendQueue(1 << 20, new StopLatch());

    @Actor
    public void sequencer(I_Result result) {
      List<AppendRequest> taken = queue.take(true);
      result.r1 = taken == null ? -1 : taken.size();
    }

    @Actor
    public void committer() {
      queue.nudge();
    }
  }

  /** A nudge while a client's request comes, whose wake-up must not use up the committer's. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "the request and the second block arrived")
  @Outcome(expect = FORBIDDEN, desc = "one of them stays behind")
  @State
  public static class NudgesTheSequencerBesideARequest {
    private final AppendQueue queue = new AppendQueue(1 << 20, new StopLatch());
    private final HandOver<Integer> handOver = new HandOver<>(queue);

    public NudgesTheSequencerBesideARequest() {
      handOver.submit(1);
      AppendQueueStress.put(queue, 1);
    }

    @Actor
    public void sequencer(II_Result result) {
      while (result.r1 == 0 || !handOver.isIdle()) {
        List<AppendRequest> taken = queue.take(true);
        result.r1 += taken == null ? 100 : taken.size();
      }
      handOver.submit(2);
    }

    @Actor
    public void committer(II_Result result) {
      handOver.take();
      result.r2 = handOver.take().getFirst();
    }
  }

  /** A sequencer that begins a segment waits until all is forced, and no longer. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "forced when the wait ended")
  @Outcome(expect = FORBIDDEN, desc = "not forced yet")
  @State
  public static class WaitsUntilAllIsForced {
    private final StopLatch latch = new StopLatch();
    private final HandOver<Integer> handOver = new HandOver<>(new AppendQueue(1 << 20, latch));

    /** Plain: the hand-over has to order it. */
    private int forced;

    public WaitsUntilAllIsForced() {
      handOver.submit(1);
    }

    @Actor
    public void sequencer(I_Result result) {
      try {
        handOver.awaitIdle();
        result.r1 = forced;
      } catch (LogException e) {
        result.r1 = -1;
      }
      handOver.close();
    }

    @Actor
    public void committer() {
      handOver.take();
      forced = 1;
      handOver.take();
    }
  }
}
