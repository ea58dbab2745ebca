package io.tallystick.store.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Entry;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.Node;
import io.tallystick.tlog.TileHashReader;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Checks that the log begins where its own sealed entries say. An entry that the log itself wrote
 * must record the last removal in {@code horizon.json}, and the removal must end with the hash that
 * the tree has there. Otherwise somebody else removed the entries. Used once.
 */
public final class HorizonCheck {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LogReader reader;
  private final Consumer<Fault> faults;

  HorizonCheck(LogReader reader, Consumer<Fault> faults) {
    this.reader = reader;
    this.faults = faults;
  }

  void check() throws IOException {
    Horizon horizon = reader.horizon();
    if (horizon.isRestored() && !reader.identity().verifierKeys().isEmpty()) {
      faults.accept(
          new Fault(
              horizon.firstId(),
              Fault.Kind.SEQUENCE,
              "horizon.json says that this log was restored from archives, but log.json has keys,"
                  + " which a restored log never has"));
    }
    if (horizon.removed().isEmpty()) {
      return;
    }
    Horizon.Removed last = horizon.removed().getLast();
    try {
      Optional<StoredEntry> recorded = reader.read(last.recordedAs());
      if (recorded.isEmpty() || !records(recorded.get().decode(), last)) {
        add(
            last,
            "entry "
                + last.recordedAs()
                + " does not record the removal of entries "
                + last.firstId()
                + " to "
                + last.lastId()
                + ", as horizon.json says");
      }
      SignedCheckpoint sealed = reader.tree().newest().orElse(null);
      if (sealed == null || sealed.size() < last.recordedAs()) {
        add(last, "no checkpoint covers the entry that records the removal");
        return;
      }
      TileHashReader hashes =
          new TileHashReader(
              sealed.size(), sealed.checkpoint().root(), reader.tree().tiles(), new Hasher());
      Hash due = hashes.read(List.of(new Node(0, last.lastId() - 1))).getFirst();
      if (!due.equals(horizon.previous())) {
        add(
            last,
            "horizon.json has a different hash for entry " + last.lastId() + " than the tree");
      }
    } catch (LogException.Corrupt | LogException.Contradiction | CorruptTileException e) {
      add(last, "the removal can't be checked: " + e.getMessage());
    }
  }

  private static boolean records(Entry entry, Horizon.Removed removed) throws IOException {
    String type = removed.archive() == null ? "audit.retention.purged" : "audit.retention.archived";
    if (!entry.event().eventType().equals(type)
        || entry.source() != null
        || entry.event().details() == null) {
      return false;
    }
    try {
      JsonNode details = JSON.readTree(entry.event().details().toString());
      return details.path("first_id").asLong() == removed.firstId()
          && details.path("last_id").asLong() == removed.lastId()
          && details.path("last_hash").asText().equals(removed.lastHash())
          && details
              .path("archive_sha256")
              .asText("")
              .equals(removed.archiveSha256() == null ? "" : removed.archiveSha256());
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private void add(Horizon.Removed removed, String reason) {
    faults.accept(new Fault(removed.lastId() + 1, Fault.Kind.SEQUENCE, reason));
  }
}
