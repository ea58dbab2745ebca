package io.tallystick.store.verify;

import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.TimestampToken;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.LogException;
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
 * Checks checkpoints: that they are signed by a key of the log, that the log still holds every
 * entry that they cover, and that the tree goes on from each of them. Used once, by one thread.
 */
public final class CheckpointCheck {
  private final LogTree tree;
  private final Consumer<Fault> faults;
  private final Hasher hasher = new Hasher();
  private List<Long> keptSizes = List.of();
  private @Nullable SignedCheckpoint cosigned;
  private @Nullable SignedCheckpoint newest;

  /** Whether there is a newest checkpoint that can't be trusted, which is a fault already. */
  private boolean distrusted;

  CheckpointCheck(LogTree tree, Consumer<Fault> faults) {
    this.tree = tree;
    this.faults = faults;
  }

  long nodesHashed() {
    return hasher.nodesHashed();
  }

  /**
   * The newest checkpoint; {@code null} if there is none, or none that can be trusted.
   *
   * @param pinned keys of which one must have signed it; empty for those of log.json
   */
  @Nullable SignedCheckpoint newest(List<VerifierKey> pinned) throws IOException {
    // Before the newest one is read: what is kept by then is not newer, also while a writer seals.
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
      if (found == null && !(pinned.isEmpty() && tree.files().keys().isEmpty())) {
        distrusted = true;
        fault(
            0,
            "there is no checkpoint, and the first is signed in the moment in which a log is made:"
                + " it was taken away");
      }
    } catch (LogException.Contradiction e) {
      distrusted = true;
      fault(0, String.valueOf(e.getMessage()));
    } catch (InvalidNoteException e) {
      distrusted = true;
      fault(0, "the newest checkpoint is not signed by the key that was given: " + e.getMessage());
    }
    return newest;
  }

  /** Checks the checkpoints that the request is about: all that are kept, for a whole log. */
  void covered(VerifyRequest request, long lastId) throws IOException {
    if (newest != null && newest.size() > lastId) {
      missing("the newest checkpoint", newest, lastId);
    }
    if (request.isWholeLog() && !request.quick()) {
      lost();
      for (long size : keptSizes) {
        try {
          Optional<SignedCheckpoint> kept = tree.files().kept(size);
          if (kept.isPresent() && kept.get().size() != size) {
            fault(
                size,
                "checkpoints/" + size + ".note is one over " + kept.get().size() + " entries");
          } else if (kept.isPresent()) {
            continues("checkpoints/" + size + ".note", kept.get(), lastId);
            timestamp(kept.get(), request);
          }
        } catch (LogException.Contradiction e) {
          fault(size, String.valueOf(e.getMessage()));
        }
      }
      if (cosigned != null) {
        continues("the checkpoint that witnesses signed", cosigned, lastId);
      }
    } else if (!keptSizes.isEmpty() && keptSizes.getFirst() > lastId) {
      beyond(keptSizes.getFirst(), lastId);
    }
    if (request.earlier() != null) {
      earlier(request.earlier(), request.keys(), lastId);
    }
  }

  /** The largest that is kept, where the log ends before it. */
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

  /** Those that were kept and are gone. */
  private void lost() throws IOException {
    try {
      Set<Long> there = new HashSet<>(keptSizes);
      for (long size : tree.files().recordedSizes()) {
        if (!there.contains(size) && tree.files().kept(size).isEmpty()) {
          fault(size, "checkpoints/" + size + ".note is missing; it was kept");
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
      continues("the checkpoint that was given", given, lastId);
    } catch (InvalidNoteException e) {
      fault(0, "the checkpoint that was given is not one of this log: " + e.getMessage());
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
          name
              + " covers "
              + before.size()
              + " entries, more than the newest checkpoint that can be trusted");
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
                + " has another root than the first "
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
   * Reads hashes that lead to the checkpoint's root, so that a changed tile accuses nobody else.
   */
  private HashReader sealed(SignedCheckpoint checkpoint) {
    return new TileHashReader(
        checkpoint.size(), checkpoint.checkpoint().root(), tree.tiles(), hasher);
  }

  private void missing(String name, SignedCheckpoint checkpoint, long lastId) {
    fault(
        lastId + 1,
        name + " covers " + checkpoint.size() + " entries, and the log ends at entry " + lastId);
  }

  private void fault(long id, String reason) {
    faults.accept(new Fault(id, Fault.Kind.CHECKPOINT, reason));
  }
}
