package io.tallystick.forward;

import io.tallystick.service.query.LogView;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.util.Optional;

/** Whether a position is one of this log and this configuration. */
final class PositionCheck {
  private PositionCheck() {}

  /**
   * Checks a position against the log.
   *
   * @throws MismatchException if it does not fit, saying why and what to do
   */
  static void check(Position position, Position start, SinkConfig config, LogView view)
      throws IOException {
    if (!position.origin().equals(start.origin())) {
      throw new MismatchException("its position is one in another log, " + position.origin());
    }
    if (!position.sink().equals(start.sink())) {
      throw new MismatchException(
          "its position is that of the sink " + position.sink() + "; put back its own");
    }
    if (!position.filter().equals(start.filter())) {
      throw new MismatchException(
          "its filter was changed, so seq would not count what it counted before; put the filter"
              + " back, or give the sink another name");
    }
    if (!position.format().equals(start.format())) {
      throw new MismatchException(
          "its format, original, redact or max_record_bytes was changed, so records could not be compared"
              + " with what the receiver holds; put them back, or give the sink another name");
    }
    checkNumbers(position, config, view);
    checkLast(position, view);
    checkNothingSkipped(position, config, view);
  }

  private static void checkNumbers(Position position, SinkConfig config, LogView view)
      throws IOException {
    try {
      var _ = position.tree();
    } catch (IllegalArgumentException e) {
      throw new MismatchException("its position contradicts itself: " + e.getMessage());
    }
    if (position.nextId() > view.end() + 1) {
      throw new MismatchException(
          "it forwarded entries up to %d, but the log ends with entry %d: the log was restored, or the position is another's"
              .formatted(position.nextId() - 1, view.end()));
    }
    long first = view.behindRemoved(position.nextId() - 1) + 1;
    if (first != position.nextId()) {
      throw new MismatchException(
          "retention removed entries %d to %d before they were forwarded; give the sink another name to begin with what is there"
              .formatted(position.nextId(), first - 1));
    }
    long counted = position.lastId() == 0 ? 0 : position.lastId() - position.startId() + 1;
    if (config.filter().isAll() && position.seq() != counted) {
      throw new MismatchException(
          "its position counts %d entries, but there are %d up to entry %d"
              .formatted(position.seq(), counted, position.lastId()));
    }
    boolean nothing = position.seq() == 0;
    if (nothing != (position.lastId() == 0)
        || position.lastId() >= position.nextId()
        || position.markedSeq() > position.seq()) {
      throw new MismatchException("its position contradicts itself");
    }
  }

  private static void checkLast(Position position, LogView view) throws IOException {
    long id = position.lastId();
    if (id == 0 || view.behindRemoved(id - 1) != id - 1) {
      return;
    }
    Optional<StoredEntry> entry = view.entry(id);
    if (entry.isEmpty() || !entry.get().hash().toString().equals(position.lastHash())) {
      throw new MismatchException(
          "entry %d is not the one that was forwarded as seq %d: the log or the position was changed"
              .formatted(id, position.seq()));
    }
  }

  /** What lies between the last forwarded entry and the next one did not pass the filter. */
  private static void checkNothingSkipped(Position position, SinkConfig config, LogView view)
      throws IOException {
    long id = view.behindRemoved(Math.max(position.lastId(), position.startId() - 1)) + 1;
    while (id < position.nextId()) {
      Outbox.Slice slice = Outbox.read(view, config.filter(), id, position.nextId(), 1, 1);
      if (!slice.entries().isEmpty()) {
        throw new MismatchException(
            "entry %d should have been forwarded after seq %d, but the position is beyond it"
                .formatted(slice.entries().getFirst().id(), position.seq()));
      }
      id = slice.next();
    }
  }
}
