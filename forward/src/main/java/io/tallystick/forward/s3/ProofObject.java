package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.sink.EntryProof;
import java.util.List;

/**
 * The text that proves the entries in some objects to whoever has the bucket and a verifier key of
 * the log:
 *
 * <pre>
 * tallystick/forward-proof/v1
 * object NAME SHA-256             one or more, in hex
 * hash BASE64                     as many as there are subtrees between the entries
 *
 * the checkpoint, verbatim
 * </pre>
 */
final class ProofObject {
  private static final String FIRST_LINE = "tallystick/forward-proof/v1\n";

  /**
   * An object whose entries are proved.
   *
   * @param sha256 of the object, in hex
   */
  record Part(String name, String sha256) {}

  private ProofObject() {}

  static byte[] of(List<Part> parts, EntryProof proof) {
    StringBuilder text = new StringBuilder(FIRST_LINE);
    parts.forEach(part ->
        text.append("object ").append(part.name()).append(' ').append(part.sha256()).append('\n'));
    proof.hashes().forEach(hash -> text.append("hash ").append(hash.toBase64()).append('\n'));
    return text.append('\n').append(proof.checkpoint()).toString().getBytes(UTF_8);
  }
}
