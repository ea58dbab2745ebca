package io.tallystick.forward.net;

import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.SinkException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends a batch whole if the receiver accepts it, else in halves, and halves of these, until what
 * it refuses stands alone; without the one to blame at once if the receiver says which that is.
 */
public final class Halving {
  /** One request. */
  @FunctionalInterface
  public interface Request {
    /**
     * Sends these records together.
     *
     * @param part consecutive records of the batch
     * @param first index of the first of them in the batch
     * @param rejected for the records that the receiver refused while it took the others
     * @return why the receiver refuses them as they are; {@code null} if it accepted them
     */
    @Nullable Refusal send(List<Outgoing> part, int first, List<Rejected> rejected)
        throws SinkException, InterruptedException;
  }

  /**
   * Why a receiver refuses records that were sent together.
   *
   * @param index of the one that is to blame among them; −1 if the receiver does not say
   */
  public record Refusal(String reason, int index) {
    public Refusal(String reason) {
      this(reason, -1);
    }
  }

  private Halving() {}

  /** Sends a batch, and returns what was refused. */
  public static List<Rejected> send(List<Outgoing> batch, Request request)
      throws SinkException, InterruptedException {
    List<Rejected> rejected = new ArrayList<>();
    send(batch, 0, batch.size(), request, rejected);
    return rejected;
  }

  private static void send(
      List<Outgoing> batch, int from, int to, Request request, List<Rejected> rejected)
      throws SinkException, InterruptedException {
    if (from == to) {
      return;
    }
    Refusal refusal = request.send(batch.subList(from, to), from, rejected);
    if (refusal == null) {
      return;
    }
    int bad = to - from == 1 ? from : from + refusal.index();
    if (bad >= from && bad < to) {
      rejected.add(new Rejected(bad, refusal.reason()));
      send(batch, from, bad, request, rejected);
      send(batch, bad + 1, to, request, rejected);
    } else {
      int middle = (from + to) >>> 1;
      send(batch, from, middle, request, rejected);
      send(batch, middle, to, request, rejected);
    }
  }
}
