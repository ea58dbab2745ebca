package io.tallystick.store.log;

import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.NoteSignature;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * A checkpoint that the log signed. Immutable.
 *
 * @param checkpoint the content of the note
 * @param note the note verbatim, including cosignatures
 * @param signedAt time of the signature, by the clock of the signing machine; the note carries no
 *     time, so this proves nothing
 */
public record SignedCheckpoint(Checkpoint checkpoint, SignedNote note, Instant signedAt) {
  /**
   * Reads a note and verifies it.
   *
   * @param origin name of the log that must have signed it
   * @throws InvalidNoteException if it is not a checkpoint of that log, or none of the keys signed
   *     it
   */
  public static SignedCheckpoint open(
      byte[] bytes, String origin, Collection<VerifierKey> keys, Instant signedAt)
      throws InvalidNoteException {
    SignedNote note = SignedNote.parse(bytes);
    Checkpoint checkpoint = Checkpoint.open(note, keys);
    if (!checkpoint.origin().equals(origin)) {
      throw new InvalidNoteException(
          "it is a checkpoint of the log " + checkpoint.origin() + ", not of " + origin);
    }
    return new SignedCheckpoint(checkpoint, note, signedAt);
  }

  /** Number of entries that it covers, which is also the last id. */
  public long size() {
    return checkpoint.size();
  }

  /** Whether it has a valid signature of this key. */
  public boolean hasSigned(VerifierKey key) {
    try {
      note.verify(List.of(key));
      return true;
    } catch (InvalidNoteException e) {
      return false;
    }
  }

  /** This checkpoint with additional signatures. */
  public SignedCheckpoint with(Collection<NoteSignature> signatures) {
    return new SignedCheckpoint(checkpoint, note.with(signatures), signedAt);
  }
}
