package io.tallystick.note;

import io.tallystick.tlog.Canonical;
import io.tallystick.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a log sends to a witness: C2SP tlog-witness, "add-checkpoint".
 *
 * @param oldSize of the checkpoint that the witness is thought to have signed last, 0 for none
 * @param proof that the tree of that size is the beginning of the new one; at most {@value
 *     #MAX_HASHES} hashes
 * @param note the new checkpoint, with the log's signatures
 */
public record AddCheckpoint(long oldSize, List<Hash> proof, SignedNote note) {
  /** The most hashes of a proof that are sent or taken. */
  public static final int MAX_HASHES = 63;

  /** The largest request that is taken, in bytes. */
  public static final int MAX_BYTES = 128 << 10;

  private static final String OLD = "old ";

  /** Refuses what no request can hold. */
  public AddCheckpoint {
    proof = List.copyOf(proof);
    if (oldSize < 0) {
      throw new IllegalArgumentException("a tree's size is not negative: " + oldSize);
    }
    if (proof.size() > MAX_HASHES) {
      throw new IllegalArgumentException(
          "a proof has at most " + MAX_HASHES + " hashes, not " + proof.size());
    }
  }

  /**
   * Reads a request, and verifies nothing of it.
   *
   * @throws InvalidNoteException if it is not exactly what {@link #toBytes} would write
   */
  public static AddCheckpoint parse(byte[] request) throws InvalidNoteException {
    try {
      String text = Canonical.utf8(request);
      int end = text.indexOf("\n\n");
      if (end < 0 || !text.startsWith(OLD)) {
        throw new InvalidNoteException(
            "a request is a line \"old N\", the hashes of a proof, an empty line, a checkpoint");
      }
      String[] lines = text.substring(OLD.length(), end).split("\n", MAX_HASHES + 2);
      List<Hash> proof = new ArrayList<>();
      for (int i = 1; i < lines.length; i++) {
        proof.add(Hash.parseBase64(lines[i]));
      }
      SignedNote note = SignedNote.parse(text.substring(end + 2).getBytes(StandardCharsets.UTF_8));
      return new AddCheckpoint(Canonical.decimal(lines[0]), proof, note);
    } catch (IllegalArgumentException e) {
      throw new InvalidNoteException("the request is wrong: " + e.getMessage());
    }
  }

  /** The checkpoint, unverified. */
  public Checkpoint checkpoint() throws InvalidNoteException {
    return Checkpoint.parse(note.text());
  }

  /** The request, in UTF-8. */
  public byte[] toBytes() {
    StringBuilder text = new StringBuilder(OLD).append(oldSize).append('\n');
    proof.forEach(hash -> text.append(hash.toBase64()).append('\n'));
    return text.append('\n').append(note).toString().getBytes(StandardCharsets.UTF_8);
  }
}
