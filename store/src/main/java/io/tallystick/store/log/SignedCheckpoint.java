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
 * A checkpoint that the log signed.
 *
 * @param checkpoint what it says
 * @param note the note verbatim, cosignatures included
 * @param signedAt when it was made, by the clock of the machine that did: a note carries no time of
 *     its own, so this proves nothing
 */
public record SignedCheckpoint(Checkpoint checkpoint, SignedNote note, Instant signedAt) {
  /**
   * Reads a note and verifies it.
   *
   * @param origin of the log that must have signed it
   * @throws InvalidNoteException if it is no checkpoint of that log signed by one of these keys
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

  /** How many entries it covers: all ids up to this. */
  public long size() {
    return checkpoint.size();
  }

  /** Whether there is a signature of this key under it, which verifies. */
  public boolean hasSigned(VerifierKey key) {
    try {
      note.verify(List.of(key));
      return true;
    } catch (InvalidNoteException e) {
      return false;
    }
  }

  /** This checkpoint with more signatures under it. */
  public SignedCheckpoint with(Collection<NoteSignature> signatures) {
    return new SignedCheckpoint(checkpoint, note.with(signatures), signedAt);
  }
}
