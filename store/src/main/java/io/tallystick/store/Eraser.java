package io.tallystick.store;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.ErasureIndex;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.segment.AnnexEraser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Erases personal values from a log (format.md, Erasing). Each step is durable before the next:
 * note that an erasure begins, append and seal the entries that record it, note their ids,
 * overwrite the values, note that it is done. A crash at any point leaves a log whose next open
 * carries out the rest, and erasing twice does no harm. Its caller holds {@link
 * AuditLog#removalLock}.
 */
final class Eraser {
  private static final Logger LOG = LoggerFactory.getLogger(Eraser.class);

  private final AuditLog log;
  private final LogReader reader;
  private final Path file;

  Eraser(AuditLog log) {
    this.log = log;
    this.reader = log.reader();
    this.file = reader.directory().erasures();
  }

  Erased erase(List<Event> events) throws IOException, InterruptedException {
    checkErasures(events);
    finishPending();
    Erasures.read(file).begin(log.lastId()).write(file);
    Receipt receipt = Futures.from(log.append(events, null));
    List<Erasure.Recorded> recorded = new ArrayList<>();
    for (long id = receipt.firstId(); id <= receipt.lastId(); id++) {
      recorded.add(Erasure.of(reader.read(id).orElseThrow().decode()).orElseThrow());
    }
    return carryOut(recorded);
  }

  private static void checkErasures(List<Event> events) {
    for (Event event : events) {
      if (!event.eventType().equals(Erasure.TYPE) || !event.personal().isEmpty()) {
        throw new IllegalArgumentException(
            "an erasure is recorded by entries " + Erasure.TYPE + ", not " + event.eventType());
      }
    }
  }

  /** Carries out, when the log is opened, what is left of an erasure. */
  void resume() throws IOException {
    try {
      finishPending();
    } catch (IOException e) {
      // Damage must not keep the log from being opened, and the file still says what is left.
      LOG.error("an interrupted erasure of personal values could not be carried out", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the log was being opened", e);
    }
  }

  private void finishPending() throws IOException, InterruptedException {
    Erasures erasures = Erasures.read(file);
    Long after = erasures.pendingAfter();
    if (after == null) {
      return;
    }
    List<Erasure.Recorded> pending = new ArrayList<>();
    reader.forEach(
        after + 1,
        log.lastId(),
        entry -> {
          if (Erasure.mayRecord(entry.bytes())) {
            Erasure.of(decoded(entry)).ifPresent(pending::add);
          }
          return true;
        });
    Erased done = carryOut(pending);
    LOG.info(
        "an erasure of personal values was interrupted; entries {} record it, and {} values were"
            + " left to erase",
        done.entries(),
        done.values());
  }

  private static Entry decoded(StoredEntry entry) throws LogException.Corrupt {
    try {
      return entry.decode();
    } catch (InvalidEntryException e) {
      throw new LogException.Corrupt("entry " + entry.id() + ": " + e.getMessage());
    }
  }

  private Erased carryOut(List<Erasure.Recorded> recorded)
      throws IOException, InterruptedException {
    SignedCheckpoint sealed = Futures.from(log.seal());
    List<Long> entries = recorded.stream().map(Erasure.Recorded::id).toList();
    // From here on recovery knows that everything before these entries is sealed.
    Erasures.read(file).with(entries).write(file);
    Horizon horizon = reader.horizon();
    ArchiveEraser archives = new ArchiveEraser(reader, sealed, recorded);
    ErasureIndex index = new ErasureIndex(recorded);
    TreeSet<String> missing = new TreeSet<>();
    long values = 0;
    try (AnnexEraser segments =
        new AnnexEraser(
            reader.segments(), (entry, field) -> index.find(entry, field).isPresent())) {
      for (Erasure.Recorded one : recorded) {
        for (Erasure.Ids ids : one.erasure().ids()) {
          segments.erase(ids.first(), Math.min(ids.last(), one.id() - 1));
        }
      }
      segments.force();
      values += segments.erased();
    } finally {
      reader.forgetBlocks();
    }
    for (Horizon.Removed removed : horizon.removed()) {
      String archive = removed.archive();
      if (archive != null && archives.concerns(removed.firstId(), removed.lastId())) {
        long erased =
            archives.erase(
                reader.directory().archive().resolve(archive), removed.firstId(), removed.lastId());
        if (erased < 0) {
          missing.add(archive);
        } else {
          values += erased;
        }
      }
    }
    Erasures.read(file).done().write(file);
    return new Erased(entries, values, List.copyOf(missing));
  }
}
