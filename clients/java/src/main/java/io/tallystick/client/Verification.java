package io.tallystick.client;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks what a log has signed, without its server. */
public final class Verification {
  private Verification() {}

  /**
   * Checks the signature of a checkpoint (C2SP tlog-checkpoint), which must be made with one of the
   * keys.
   *
   * @return what the checkpoint says
   */
  public static Checkpoint checkpoint(String note, VerifierKey... keys)
      throws VerificationException {
    int split = note.lastIndexOf("\n\n");
    if (split < 0 || !note.endsWith("\n")) {
      throw new VerificationException("the checkpoint is not a signed note");
    }
    String text = note.substring(0, split + 1);
    VerifierKey signer = signer(text, note.substring(split + 2), keys);
    String[] lines = text.split("\n", -1);
    if (lines.length < 4
        || !lines[0].equals(signer.name())
        || !lines[1].matches("0|[1-9][0-9]{0,17}")) {
      throw new VerificationException("this is not a checkpoint of " + signer.name());
    }
    return new Checkpoint(lines[0], Long.parseLong(lines[1]), Hash.parseBase64(lines[2]));
  }

  /** The key that signed. Signatures of unknown keys do not count. */
  private static VerifierKey signer(String text, String signatures, VerifierKey... keys)
      throws VerificationException {
    VerifierKey signer = null;
    for (String line : signatures.substring(0, signatures.length() - 1).split("\n", -1)) {
      String[] words = line.split(" ", -1);
      if (words.length != 3 || !words[0].equals("—")) {
        throw new VerificationException("the checkpoint has a malformed signature");
      }
      byte[] signature = Hash.base64(words[2]);
      for (VerifierKey key : keys) {
        if (key.isNamedBy(words[1], signature)) {
          if (!key.hasSigned(text, signature)) {
            throw new VerificationException("the signature of " + words[1] + " is wrong");
          }
          signer = key;
        }
      }
    }
    return require(signer, "the checkpoint is not signed with a key that is pinned");
  }

  private static <T> T require(@Nullable T value, String otherwise) throws VerificationException {
    if (value == null) {
      throw new VerificationException(otherwise);
    }
    return value;
  }

  /**
   * Checks that a leaf is in the tree of a size and a root (RFC 9162, section 2.1.3.2). Leaves
   * count from 0.
   */
  public static void inclusion(Hash leaf, long index, long size, List<Hash> path, Hash root)
      throws VerificationException {
    if (index < 0 || index >= size) {
      throw new VerificationException("leaf " + index + " is not in a tree of " + size + " leaves");
    }
    long node = index;
    long last = size - 1;
    Hash hash = leaf;
    for (Hash sibling : path) {
      if (last == 0) {
        throw new VerificationException("the inclusion proof is too long");
      }
      if ((node & 1) == 1 || node == last) {
        hash = Hash.ofNode(sibling, hash);
        while ((node & 1) == 0 && node != 0) {
          node >>= 1;
          last >>= 1;
        }
      } else {
        hash = Hash.ofNode(hash, sibling);
      }
      node >>= 1;
      last >>= 1;
    }
    if (last != 0 || !hash.equals(root)) {
      throw new VerificationException(
          "the inclusion proof does not lead to the root of the checkpoint");
    }
  }

  /**
   * Checks a C2SP tlog-proof: that the entry with this id and hash is in the log that the
   * checkpoint in the proof describes, and that one of the keys has signed it.
   */
  public static Checkpoint proof(String proof, long id, Hash leaf, VerifierKey... keys)
      throws VerificationException {
    int split = proof.indexOf("\n\n");
    List<String> lines =
        new ArrayList<>(List.of((split < 0 ? "" : proof.substring(0, split)).split("\n", -1)));
    if (!lines.remove(0).equals("c2sp.org/tlog-proof@v1")) {
      throw new VerificationException("this is not a tlog-proof");
    }
    if (!lines.isEmpty() && lines.get(0).startsWith("extra ")) {
      lines.remove(0);
    }
    if (id < 1 || lines.isEmpty() || !lines.remove(0).equals("index " + (id - 1))) {
      throw new VerificationException("the proof is not one of entry " + id);
    }
    List<Hash> path = new ArrayList<>();
    for (String line : lines) {
      path.add(Hash.parseBase64(line));
    }
    Checkpoint checkpoint = checkpoint(proof.substring(split + 2), keys);
    inclusion(leaf, id - 1, checkpoint.size(), path, checkpoint.root());
    return checkpoint;
  }
}
