package io.tallystick.store.write;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.store.log.LogException;
import io.tallystick.store.seal.StopLatch;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What clients and the sequencer may see of each other through an {@link AppendQueue}. */
final class AppendQueueStress {
  private AppendQueueStress() {}

  static void put(AppendQueue queue, int number) {
    put(queue, new byte[] {(byte) number});
  }

  private static void put(AppendQueue queue, byte[] body) {
    try {
      queue.put(new AppendRequest(List.of(new EncodedEvent(body, List.of()))));
    } catch (LogException e) {
      throw new AssertionError(e);
    }
  }

  /** The requests' numbers as decimal digits, in order. */
  private static int digits(List<AppendRequest> requests) {
    int digits = 0;
    for (AppendRequest request : requests) {
      digits = 10 * digits + request.events().getFirst().body()[0];
    }
    return digits;
  }

  /** A request that is put while the sequencer goes to sleep wakes it; a hang is a failure. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "taken, with what its client wrote")
  @Outcome(expect = FORBIDDEN, desc = "lost, or taken half-made")
  @State
  public static class WakesTheTaker {
    private final AppendQueue queue = new AppendQueue(1 << 20, new StopLatch());

    @Actor
    public void client() {
      put(queue, 1);
    }

    @Actor
    public void sequencer(I_Result result) {
      List<AppendRequest> taken = queue.take(false);
      result.r1 = taken == null ? -1 : digits(taken);
    }
  }

  /** The same for a sequencer that lets requests gather, when enough have gathered. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "woken")
  @Outcome(expect = FORBIDDEN, desc = "lost")
  @State
  public static class WakesTheTakerWhenEnoughHasCome {
    private static final byte[] ENOUGH = new byte[1 << 16];

    private final AppendQueue queue = new AppendQueue(1 << 20, new StopLatch());

    @Actor
    public void client() {
      put(queue, ENOUGH);
    }

    @Actor
    public void sequencer(I_Result result) {
      List<AppendRequest> taken = queue.take(true);
      result.r1 = taken == null ? -1 : taken.size();
    }
  }

  /** The taker gets all requests once, each client's in the order in which it put them. */
  @JCStressTest
  @Outcome(
      id = {"1, 12", "12, 12"},
      expect = ACCEPTABLE,
      desc = "all, in order")
  @Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
  @State
  public static class KeepsTheOrder {
    private final AppendQueue queue = new AppendQueue(1 << 20, new StopLatch());
    private final List<AppendRequest> taken = new ArrayList<>();

    @Actor
    public void client() {
      put(queue, 1);
      put(queue, 2);
    }

    @Actor
    public void sequencer(II_Result result) {
      List<AppendRequest> first = queue.take(false);
      if (first != null) {
        taken.addAll(first);
      }
      result.r1 = digits(taken);
    }

    @Arbiter
    public void rest(II_Result result) {
      queue.nudge();
      List<AppendRequest> rest = queue.take(false);
      if (rest != null) {
        taken.addAll(rest);
      }
      result.r2 = digits(taken);
    }
  }

  /** Two clients at once: neither request hides the other. */
  @JCStressTest
  @Outcome(
      id = {"12", "21"},
      expect = ACCEPTABLE,
      desc = "both, one after the other")
  @Outcome(expect = FORBIDDEN, desc = "lost or doubled")
  @State
  public static class TakesFromManyClients {
    private final AppendQueue queue = new AppendQueue(1 << 20, new StopLatch());

    @Actor
    public void one() {
      put(queue, 1);
    }

    @Actor
    public void other() {
      put(queue, 2);
    }

    @Arbiter
    public void sequencer(I_Result result) {
      List<AppendRequest> taken = queue.take(false);
      result.r1 = taken == null ? -1 : digits(taken);
    }
  }

  /** A request is refused or taken, also while the log is closed; nobody waits forever. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "0, 0"},
      expect = ACCEPTABLE,
      desc = "put and taken, or refused")
  @Outcome(expect = FORBIDDEN, desc = "put and never taken, or refused and taken")
  @State
  public static class AnswersEverybodyWhenClosed {
    private final StopLatch latch = new StopLatch();
    private final AppendQueue queue = new AppendQueue(1 << 20, latch);

    @Actor
    public void client(II_Result result) {
      try {
        queue.put(new AppendRequest(List.of(new EncodedEvent(new byte[] {1}, List.of()))));
        result.r1 = 1;
      } catch (LogException e) {
        result.r1 = 0;
      }
    }

    @Actor
    public void sequencer(II_Result result) {
      latch.stop(new LogException.Stopped("the log is closed"));
      for (List<AppendRequest> taken = queue.take(false);
          taken != null;
          taken = queue.take(false)) {
        result.r2 += taken.size();
      }
    }
  }
}
