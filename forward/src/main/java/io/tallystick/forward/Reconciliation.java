package io.tallystick.forward;

import io.tallystick.entry.InvalidEntryException;
import io.tallystick.forward.ReconciliationReport.Named;
import io.tallystick.forward.reconcile.Finding;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.InvalidExportException;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.query.EntryBatch;
import io.tallystick.service.query.LogView;
import io.tallystick.store.log.SafePoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hasher;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares what a receiver holds with the entries of the log that its sink was sent. What was sent
 * follows from the log and the filter alone; the position only says how far. Keeps two bits an
 * entry in memory, whatever the receiver holds. Used by one thread, once.
 */
final class Reconciliation {
  private final SinkConfig config;
  private final LogView view;
  private final Records records;
  private final Position position;
  private final long first;
  private final ForwardedIds ids;

  private long held;
  private long uncompared;
  private long removed;
  private final Found missing = new Found();
  private final Found duplicated = new Found();
  private final Found altered = new Found();
  private final Found unknown = new Found();
  private final List<Long> missingIds = new ArrayList<>();

  private static final class Found {
    private final List<Named> named = new ArrayList<>();
    private long count;

    private void add(long id, long seq, @Nullable String what) {
      count++;
      if (named.size() < ReconciliationReport.MAX_NAMED) {
        named.add(new Named(id, seq, what));
      }
    }
  }

  /**
   * Reads which entries were sent.
   *
   * @throws MismatchException if they are others than the position counted
   */
  Reconciliation(SinkConfig config, LogView view, Records records, Position position)
      throws IOException {
    this.config = config;
    this.view = view;
    this.records = records;
    this.position = position;
    this.first = view.behindRemoved(position.startId() - 1) + 1;
    this.ids = new ForwardedIds(first, position.nextId());
    readSent();
  }

  private void readSent() throws IOException {
    CompactRange tree = new CompactRange(new Hasher());
    for (long id = first; id < position.nextId(); ) {
      Outbox.Slice slice =
          Outbox.read(view, config.filter(), id, position.nextId(), EntryBatch.MAX, Long.MAX_VALUE);
      for (StoredEntry entry : slice.entries()) {
        ids.add(entry.id());
        tree.append(entry.hash());
      }
      id = slice.next();
      SafePoint.reach();
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("the reconciliation was stopped");
      }
    }
    ids.complete(position.seq());
    boolean whole = first == position.startId();
    if (whole && !(tree.size() == position.seq() && tree.root().equals(position.tree().root()))) {
      throw new MismatchException(
          "the log has %,d entries for this sink up to entry %d, and the position counted %,d, or other ones: one of them was changed"
              .formatted(tree.size(), position.nextId() - 1, position.seq()));
    }
  }

  /** Compares everything the receiver holds with everything it was sent. */
  ReconciliationReport compare(Inventory asked) throws IOException {
    read(asked);
    return report("query", position.seq(), asked);
  }

  /**
   * Compares an export, through the newest entry that it has: what was sent since is no loss.
   *
   * @param throughSeq compares at least so far, for an export that should have as much
   * @throws InvalidExportException if it has nothing that tells how far to compare
   */
  ReconciliationReport compareExport(Inventory export, long throughSeq) throws IOException {
    if (throughSeq > position.seq()) {
      throw new InvalidParameterException(
          "through_seq",
          "through_seq must be at most %d, the last that the sink forwarded, but was %d"
              .formatted(position.seq(), throughSeq));
    }
    read(export);
    long newest = ids.lastSeen();
    if (newest == 0 && throughSeq == 0 && ids.count(position.seq()) > 0) {
      throw new InvalidExportException(
          "the export has no record of an entry that the sink was sent; if the receiver has lost"
              + " them all, say with through_seq how far to compare");
    }
    return report("export", Math.max(throughSeq, newest == 0 ? 0 : ids.seq(newest)), export);
  }

  private void read(Inventory inventory) throws IOException {
    try {
      inventory.forEach(record -> {
        try {
          compare(record);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private ReconciliationReport report(String by, long throughSeq, Inventory inventory) {
    List<Finding> tampered = inventory.findings();
    ids.forEachUnseen(id -> {
      if (ids.seq(id) <= throughSeq) {
        missing.add(id, ids.seq(id), null);
        missingIds.add(id);
      }
    });
    long wrong = missing.count + duplicated.count + altered.count + unknown.count + tampered.size();
    return new ReconciliationReport(
        config.name(),
        by,
        Instant.now(),
        throughSeq == position.seq() ? position.lastId() : ids.last(throughSeq),
        throughSeq,
        position.seq(),
        ids.count(throughSeq),
        held,
        wrong == 0,
        missing.count,
        duplicated.count,
        altered.count,
        unknown.count,
        tampered.size(),
        uncompared,
        removed,
        missing.named,
        duplicated.named,
        altered.named,
        unknown.named,
        tampered.subList(0, Math.min(tampered.size(), ReconciliationReport.MAX_NAMED)),
        inventory.note(),
        null);
  }

  private void compare(Held record) throws IOException {
    SafePoint.reach();
    held++;
    long id = record.id();
    if (id >= position.startId() && id < first) {
      removed++;
    } else if (ids.contains(id)) {
      compareSent(record);
    } else if (!isNewer(record)) {
      unknown.add(id, record.seq(), id == 0 ? record.place() : null);
    }
  }

  private void compareSent(Held record) throws IOException {
    long id = record.id();
    long seq = ids.seq(id);
    if (!ids.see(id)) {
      duplicated.add(id, record.seq(), null);
    }
    Optional<StoredEntry> entry = view.entry(id);
    if (entry.isEmpty()) {
      removed++;
    } else if (!record.hash().equals(entry.get().hash().toString()) && !record.hash().isEmpty()) {
      altered.add(id, record.seq(), "hash");
    } else if (record.seq() != seq && record.seq() != 0) {
      altered.add(id, record.seq(), "seq");
    } else {
      compareBody(record, entry.get(), seq);
    }
  }

  private void compareBody(Held record, StoredEntry entry, long seq) throws IOException {
    byte[] body = record.body();
    switch (body == null ? Records.Likeness.UNKNOWN : records.compare(body, entry, seq)) {
      case SAME -> {}
      case UNKNOWN -> uncompared++;
      case DIFFERENT -> altered.add(entry.id(), seq, "body");
    }
  }

  /** Whether it was sent after the position was read: then it is in the log, as it says. */
  private boolean isNewer(Held record) throws IOException {
    if (record.id() < position.nextId() || record.id() > view.end()) {
      return false;
    }
    Optional<StoredEntry> entry = view.entry(record.id());
    try {
      return entry.isPresent()
          && Outbox.passes(config.filter(), entry.get())
          && record.hash().equals(entry.get().hash().toString());
    } catch (InvalidEntryException e) {
      return false;
    }
  }

  /** Ids of the missing entries. */
  List<Long> missingIds() {
    return missingIds;
  }

  /** Which entries were sent, with which {@code seq}. */
  ForwardedIds sent() {
    return ids;
  }
}
