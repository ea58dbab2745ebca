package io.tallystick.note;

import io.tallystick.tlog.Canonical;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import java.util.Collection;
import java.util.List;

/**
 * What a log says of its tree: C2SP tlog-checkpoint, "Note text". Three lines: origin, size, root.
 * Extension lines are refused: nobody audits them, and an ML-DSA-44 signature does not cover them.
 *
 * @param origin names the log, 1 to 255 bytes; it is its keys' name too
 * @param size the leaves of the tree
 * @param root of the tree; of an empty one, the SHA-256 of nothing
 */
public record Checkpoint(String origin, long size, Hash root) {
  /** Refuses what is not a checkpoint. */
  public Checkpoint {
    KeyName.checkOwn(origin);
    if (size < 0) {
      throw new IllegalArgumentException("a tree's size is not negative: " + size);
    }
    if (size == 0 && !root.equals(Hasher.EMPTY_ROOT)) {
      throw new IllegalArgumentException("an empty tree has the root " + Hasher.EMPTY_ROOT);
    }
  }

  /**
   * Reads the text of a note, which proves nothing; {@link #open} verifies.
   *
   * @throws InvalidNoteException if it is not exactly what {@link #text} would write
   */
  public static Checkpoint parse(String text) throws InvalidNoteException {
    String[] lines = text.split("\n", -1);
    if (lines.length != 4 || !lines[3].isEmpty()) {
      throw new InvalidNoteException("a checkpoint is three lines: origin, size, root");
    }
    try {
      return new Checkpoint(lines[0], Canonical.decimal(lines[1]), Hash.parseBase64(lines[2]));
    } catch (IllegalArgumentException e) {
      throw new InvalidNoteException("this is not a checkpoint: " + e.getMessage(), e);
    }
  }

  /**
   * The checkpoint that a log signed: with an Ed25519 key that has the origin for its name, and
   * with an ML-DSA-44 key of that name too if one is known. The key of a witness vouches for no
   * log, whatever its name; and because a witness may have an ML-DSA-44 key, that type alone does
   * not either.
   *
   * @param keys of the log and of witnesses; the signature of every one that signed must verify
   * @throws InvalidNoteException if one does not verify, or the log has not signed
   */
  public static Checkpoint open(SignedNote note, Collection<VerifierKey> keys)
      throws InvalidNoteException {
    List<VerifiedSignature> signatures = note.verify(keys);
    Checkpoint checkpoint = parse(note.text());
    List<VerifierKey> signers = signatures.stream().map(VerifiedSignature::key).toList();
    requireLog(checkpoint.origin(), KeyType.ED25519, signers);
    if (has(keys, checkpoint.origin(), KeyType.ML_DSA_44)) {
      requireLog(checkpoint.origin(), KeyType.ML_DSA_44, signers);
    }
    return checkpoint;
  }

  private static void requireLog(String origin, KeyType type, List<VerifierKey> signers)
      throws InvalidNoteException {
    if (!has(signers, origin, type)) {
      throw new InvalidNoteException(
          "no known key of the log "
              + origin
              + " has signed with "
              + type.label()
              + ", only "
              + signers.stream().map(key -> key.name() + " (" + key.type().label() + ")").toList());
    }
  }

  private static boolean has(Collection<VerifierKey> keys, String name, KeyType type) {
    return keys.stream().anyMatch(key -> key.name().equals(name) && key.type() == type);
  }

  /** The text to sign. */
  public String text() {
    return origin + "\n" + size + "\n" + root.toBase64() + "\n";
  }
}
