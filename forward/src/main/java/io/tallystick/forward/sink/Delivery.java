package io.tallystick.forward.sink;

import java.util.List;

/**
 * What became of a batch that a receiver answered.
 *
 * @param rejected what the receiver refused for good; the rest was acknowledged
 */
public record Delivery(List<Rejected> rejected) {
  /** Everything was acknowledged. */
  public static final Delivery COMPLETE = new Delivery(List.of());

  public Delivery {
    rejected = List.copyOf(rejected);
  }
}
