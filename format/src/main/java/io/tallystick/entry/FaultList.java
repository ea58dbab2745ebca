package io.tallystick.entry;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Collects what is wrong with the events of a batch. Used by one thread. */
final class FaultList {
  private final List<InvalidEventException.Fault> faults = new ArrayList<>();
  private int omitted;
  private int index = -1;

  /** From here on, faults are about the event at this position; −1 for the batch as a whole. */
  void at(int index) {
    this.index = index;
  }

  /** Adds a fault, whose message is only made if it is listed. */
  void add(String field, Supplier<String> message) {
    if (faults.size() < InvalidEventException.MAX_FAULTS) {
      faults.add(new InvalidEventException.Fault(index, field, message.get(), 0, 0));
    } else {
      omitted++;
    }
  }

  /** Adds a fault, which is about the event at the current position. */
  void add(InvalidEventException.Fault fault) {
    if (faults.size() < InvalidEventException.MAX_FAULTS) {
      faults.add(
          new InvalidEventException.Fault(
              index, fault.field(), fault.reason(), fault.line(), fault.column()));
    } else {
      omitted++;
    }
  }

  /** Adds the faults of an event that was read alone. */
  void add(InvalidEventException e) {
    e.faults().forEach(this::add);
    omitted += e.omitted();
  }

  /** How many faults there are so far. */
  int size() {
    return faults.size() + omitted;
  }

  /**
   * Ends the collection.
   *
   * @throws InvalidEventException if there is any fault
   */
  void throwIfAny() {
    if (!faults.isEmpty()) {
      throw new InvalidEventException(faults, omitted);
    }
  }
}
