package io.tallystick.store.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.TlogProof;
import java.util.Base64;
import java.util.Collection;
import java.util.Optional;

/**
 * The proof in an archive that the log records an erasure of values in it: a C2SP tlog-proof with
 * the entry itself as its extra data (format.md, Archive).
 */
public final class ErasureProof {
  /** Where an archive has these files. */
  public static final String FOLDER = "erasures/";

  private ErasureProof() {}

  /** The name of the file in an archive. */
  public static String file(long id) {
    return FOLDER + id + ".tlog-proof";
  }

  /** The proof for an entry, with the entry. */
  public static byte[] of(TlogProof proof, byte[] entry) {
    return new TlogProof(
            Optional.of(Base64.getEncoder().encodeToString(entry)),
            proof.index(),
            proof.hashes(),
            proof.checkpoint())
        .toBytes();
  }

  /**
   * The erasure that the log with this origin sealed.
   *
   * @param keys one of these must have signed the checkpoint in the proof
   * @throws InvalidProofException if it proves something else, or nothing
   */
  public static Erasure.Recorded open(byte[] file, String origin, Collection<VerifierKey> keys)
      throws InvalidProofException {
    try {
      TlogProof proof = TlogProof.parse(file);
      byte[] bytes = Base64.getDecoder().decode(proof.extra().orElse(""));
      Checkpoint sealed =
          Checkpoint.open(SignedNote.parse(proof.checkpoint().getBytes(UTF_8)), keys);
      new ProofVerifier(new Hasher())
          .inclusion(
              EntryHash.of(bytes), proof.index(), proof.hashes(), sealed.size(), sealed.root());
      Entry entry = EntryCodec.decode(bytes);
      if (!sealed.origin().equals(origin) || entry.id() != proof.index() + 1) {
        throw new InvalidProofException("the proof of an erasure is of another log or entry");
      }
      return Erasure.of(entry)
          .orElseThrow(
              () -> new InvalidProofException("entry " + entry.id() + " records no erasure"));
    } catch (InvalidNoteException | IllegalArgumentException e) {
      throw new InvalidProofException("the proof of an erasure is invalid: " + e.getMessage());
    }
  }
}
