package io.tallystick.entry;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Collects what is wrong with the events of a batch: the first hundred faults, and the first one of
 * every event. Used by one thread.
 */
final class FaultList {
  private final List<InvalidEventException.Fault> faults = new ArrayList<>();
  private int omitted;
  private int index = -1;

  /** The event of the last fault that is listed. */
  private int listed = -1;

  /** From here on, faults are about the event at this position; −1 for the batch as a whole. */
  void at(int index) {
    this.index = index;
  }

  /** Adds a fault, whose message is only made if it is listed. */
  void add(String field, Supplier<String> message) {
    if (isListed()) {
      add(new InvalidEventException.Fault(index, field, message.get(), 0, 0));
    } else {
      omitted++;
    }
  }

  /** Adds a fault, which is about the event at the current position. */
  void add(InvalidEventException.Fault fault) {
    if (isListed()) {
      listed = index;
      faults.add(
          new InvalidEventException.Fault(
              index, fault.field(), fault.reason(), fault.line(), fault.column()));
    } else {
      omitted++;
    }
  }

  private boolean isListed() {
    return faults.size() < InvalidEventException.MAX_FAULTS || index != listed;
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

  /** The faults of each event that has any, by its position. */
  SortedMap<Integer, List<InvalidEventException.Fault>> byEvent() {
    SortedMap<Integer, List<InvalidEventException.Fault>> all = new TreeMap<>();
    for (InvalidEventException.Fault fault : faults) {
      all.computeIfAbsent(fault.index(), any -> new ArrayList<>()).add(fault);
    }
    return all;
  }

  /**
   * Ends the collection.
   *
   * @throws InvalidEventException if there is any fault
   */
  void throwIfAny() {
    if (!faults.isEmpty()) {
      int listed = Math.min(faults.size(), InvalidEventException.MAX_FAULTS);
      throw new InvalidEventException(faults.subList(0, listed), omitted + faults.size() - listed);
    }
  }

  /**
   * Ends the collection of a batch whose good events go on without the bad ones.
   *
   * @throws InvalidEventException if anything is wrong with the batch as a whole
   */
  void throwIfOfBatch() {
    if (faults.stream().anyMatch(fault -> fault.index() < 0)) {
      throwIfAny();
    }
  }
}
