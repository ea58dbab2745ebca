package io.tallystick.store.verify;

import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.TimestampToken;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SafePoint;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.HashReader;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TileNodes;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks checkpoints: that a key of the log signed them, that the log still holds every entry that
 * they cover, and that the tree is a continuation of each. Used once, by one thread.
 */
public final class CheckpointCheck {
  private final LogReader reader;
  private final LogTree tree;
  private final Consumer<Fault> faults;
  private final Hasher hasher = new Hasher();
  private List<Long> keptSizes = List.of();
  private @Nullable SignedCheckpoint cosigned;
  private @Nullable SignedCheckpoint newest;

  /** Whether the newest checkpoint is missing or invalid, which is reported already. */
  private boolean distrusted;

  CheckpointCheck(LogReader reader, Consumer<Fault> faults) {
    this.reader = reader;
    this.tree = reader.tree();
    this.faults = faults;
  }

  long nodesHashed() {
    return hasher.nodesHashed();
  }

  /**
   * Reads and checks the newest checkpoint; {@code null} if it is missing or invalid.
   *
   * @param pinned keys of which one must have signed it; empty for the keys in log.json
   */
  @Nullable SignedCheckpoint newest(List<VerifierKey> pinned) throws IOException {
    // Listed before the newest one is read, so that none of them is newer while a writer seals.
    keptSizes = tree.files().keptSizes();
    try {
      cosigned = tree.files().cosigned().orElse(null);
    } catch (LogException.Contradiction e) {
      fault(0, String.valueOf(e.getMessage()));
    }
    try {
      SignedCheckpoint found = tree.newest().orElse(null);
      if (found != null && !pinned.isEmpty()) {
        found =
            SignedCheckpoint.open(
                found.note().toBytes(), found.checkpoint().origin(), pinned, found.signedAt());
      }
      newest = found;
      if (found == null && (!pinned.isEmpty() || !isRestored())) {
        distrusted = true;
        fault(
            0,
            "there is no checkpoint, but every log has one from its creation on: it was removed");
      }
    } catch (LogException.Contradiction e) {
      distrusted = true;
      fault(0, String.valueOf(e.getMessage()));
    } catch (InvalidNoteException e) {
      distrusted = true;
      fault(0, "the newest checkpoint is not signed by the given key: " + e.getMessage());
    }
    return newest;
  }

  /** Only a log that was restored from archives has no keys, and so no checkpoint. */
  private boolean isRestored() throws IOException {
    return reader.horizon().isRestored() && tree.files().keys().isEmpty();
  }

  /** The last entry that a valid checkpoint covers; 0 if there is none. */
  long sealedId() throws IOException {
    long sealed = newest == null ? 0 : newest.size();
    if (cosigned != null) {
      sealed = Math.max(sealed, cosigned.size());
    }
    for (long size : keptSizes) {
      if (size > sealed && isValid(size)) {
        return size;
      }
    }
    return sealed;
  }

  private boolean isValid(long keptSize) throws IOException {
    try {
      return tree.files().kept(keptSize).filter(kept -> kept.size() == keptSize).isPresent();
    } catch (LogException.Contradiction e) {
      // Verification of the whole log reports it.
      return false;
    }
  }

  /** Checks the checkpoints that the request concerns; for a whole log, all kept ones. */
  void covered(VerifyRequest request, long lastId) throws IOException {
    if (newest != null && newest.size() > lastId) {
      missing("the newest checkpoint", newest, lastId);
    }
    if (request.isWholeLog() && !request.quick()) {
      lost();
      for (long size : keptSizes) {
        SafePoint.reach();
        try {
          Optional<SignedCheckpoint> kept = tree.files().kept(size);
          if (kept.isPresent() && kept.get().size() != size) {
            fault(size, "checkpoints/" + size + ".note covers " + kept.get().size() + " entries");
          } else if (kept.isPresent()) {
            continues("checkpoints/" + size + ".note", kept.get(), lastId);
            timestamp(kept.get(), request);
          }
        } catch (LogException.Contradiction e) {
          fault(size, String.valueOf(e.getMessage()));
        }
      }
      if (cosigned != null) {
        continues("the cosigned checkpoint", cosigned, lastId);
      }
    } else if (!keptSizes.isEmpty() && keptSizes.getFirst() > lastId) {
      beyond(keptSizes.getFirst(), lastId);
    }
    if (request.earlier() != null) {
      earlier(request.earlier(), request.keys(), lastId);
    }
  }

  /** Reports the largest kept checkpoint, if the log ends before it. */
  private void beyond(long size, long lastId) throws IOException {
    try {
      Optional<SignedCheckpoint> kept = tree.files().kept(size);
      if (kept.isPresent()) {
        missing("checkpoints/" + size + ".note", kept.get(), lastId);
      }
    } catch (LogException.Contradiction e) {
      fault(size, String.valueOf(e.getMessage()));
    }
  }

  /** Reports kept checkpoints that are gone. */
  private void lost() throws IOException {
    try {
      Set<Long> there = new HashSet<>(keptSizes);
      for (long size : tree.files().recordedSizes()) {
        if (!there.contains(size) && tree.files().kept(size).isEmpty()) {
          fault(
              size,
              "checkpoints/" + size + ".note is missing, although checkpoints/sizes lists it");
        }
      }
    } catch (LogException.Contradiction e) {
      fault(0, String.valueOf(e.getMessage()));
    }
  }

  private void timestamp(SignedCheckpoint kept, VerifyRequest request) throws IOException {
    Optional<byte[]> token = tree.files().token(kept.size());
    if (token.isPresent()) {
      try {
        TimestampToken.parse(token.get()).verify(kept.note().toBytes(), request.authorities());
      } catch (InvalidNoteException e) {
        fault(kept.size(), "checkpoints/" + kept.size() + ".tsr: " + e.getMessage());
      }
    }
  }

  private void earlier(SignedNote note, List<VerifierKey> pinned, long lastId) throws IOException {
    try {
      SignedCheckpoint given =
          SignedCheckpoint.open(
              note.toBytes(),
              tree.files().origin(),
              pinned.isEmpty() ? tree.files().keys() : pinned,
              Instant.EPOCH);
      continues("the given checkpoint", given, lastId);
    } catch (InvalidNoteException e) {
      fault(0, "the given checkpoint is not one of this log: " + e.getMessage());
    }
  }

  private void continues(String name, SignedCheckpoint before, long lastId) throws IOException {
    if (before.size() > lastId) {
      missing(name, before, lastId);
      return;
    }
    if (newest == null && distrusted) {
      return;
    }
    if (newest == null || newest.size() < before.size()) {
      fault(
          before.size(),
          name + " covers " + before.size() + " entries, more than the newest valid checkpoint");
      return;
    }
    try {
      Hash due = before.checkpoint().root();
      HashReader stored = new TileNodes(newest.size(), tree.tiles(), hasher);
      if (!root(before.size(), stored).equals(due)
          && !root(before.size(), sealed(newest)).equals(due)) {
        fault(
            before.size(),
            name
                + " has a different root than the first "
                + before.size()
                + " entries have now: the log was rewritten");
      }
    } catch (CorruptTileException e) {
      faults.accept(new Fault(before.size(), Fault.Kind.TILE, String.valueOf(e.getMessage())));
    }
  }

  private Hash root(long size, HashReader hashes) throws IOException {
    return CompactRange.read(size, hashes, hasher).root();
  }

  /**
   * Reads hashes that are proven by the checkpoint's root, so that a changed tile is not mistaken
   * for a rewritten log.
   */
  private HashReader sealed(SignedCheckpoint checkpoint) {
    return new TileHashReader(
        checkpoint.size(), checkpoint.checkpoint().root(), tree.tiles(), hasher);
  }

  private void missing(String name, SignedCheckpoint checkpoint, long lastId) {
    fault(
        lastId + 1,
        name + " covers " + checkpoint.size() + " entries, but the log ends at entry " + lastId);
  }

  private void fault(long id, String reason) {
    faults.accept(new Fault(id, Fault.Kind.CHECKPOINT, reason));
  }
}
